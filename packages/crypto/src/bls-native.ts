/**
 * BLS on blst, the native back end for servers (`@chainsafe/blst`; one verification about 1 ms). Node only: browsers
 * take `bls-wasm.ts`. blst accepts uncompressed points too, so lengths are checked here.
 */
import blst from '@chainsafe/blst'
import type { PublicKey, Signature } from '@chainsafe/blst'
import { CodedError, assert } from '@cairn/primitives'
import type { Bls, BlsKeySet } from './bls.ts'
import { provePossession, verifyPossession } from './possession.ts'
import { assertSecretKey, secretKeyFromEntropy } from './secret-key.ts'

/** Stateless; synchronous to create. */
export function createNativeBls(): Bls {
  return {
    keySet: (publicKeys) => createKeySet(publicKeys),
    aggregate(signatures) {
      const points = signatures.map((bytes, index) => {
        const point = signatureFromBytes(bytes)
        if (point === undefined) throw new CodedError('BLS_BAD_SIGNATURE', 'malformed signature', { data: { index } })
        return point
      })
      if (points.length === 0) throw new CodedError('BLS_BAD_SIGNATURE', 'no signature to aggregate')
      return blst.aggregateSignatures(points).toBytes()
    },
    sign: (secretKey, message) => secretKeyFromBytes(secretKey).sign(message).toBytes(),
    publicKey: (secretKey) => secretKeyFromBytes(secretKey).toPublicKey().toBytes(),
    secretKeyFromEntropy,
    provePossession,
    verifyPossession,
  }
}

function createKeySet(publicKeys: readonly Uint8Array[]): BlsKeySet {
  const keys = publicKeys.map((bytes, index) => {
    const key = publicKeyFromBytes(bytes)
    if (key === undefined) throw new CodedError('BLS_BAD_PUBLIC_KEY', 'malformed public key', { data: { index } })
    return key
  })
  const keyAt = (index: number): PublicKey => {
    const key = keys[index]
    assert(key !== undefined, `no public key ${index}`)
    return key
  }
  return {
    size: keys.length,
    verify(index, message, signature) {
      const point = signatureFromBytes(signature)
      return point !== undefined && blst.verify(message, keyAt(index), point)
    },
    verifyAggregate(indices, message, signature) {
      assert(indices.length > 0, 'an aggregate has signers')
      const point = signatureFromBytes(signature)
      return point !== undefined && blst.fastAggregateVerify(message, indices.map(keyAt), point)
    },
  }
}

function secretKeyFromBytes(bytes: Uint8Array): InstanceType<typeof blst.SecretKey> {
  assertSecretKey(bytes)
  return blst.SecretKey.fromBytes(bytes)
}

function publicKeyFromBytes(bytes: Uint8Array): PublicKey | undefined {
  if (bytes.length !== 48) return undefined
  try {
    return blst.PublicKey.fromBytes(bytes, true)
  } catch {
    return undefined
  }
}

/** Checked: encoding, subgroup, not infinity. */
function signatureFromBytes(bytes: Uint8Array): Signature | undefined {
  if (bytes.length !== 96) return undefined
  try {
    return blst.Signature.fromBytes(bytes, true, true)
  } catch {
    return undefined
  }
}
