/**
 * BLS on herumi's mcl compiled to WebAssembly (`bls-eth-wasm`, BSD-3-Clause, 148 KB brotli with the module embedded),
 * for browsers and for machines without the native addon; one verification about 3–6 ms. Runs in windows, workers and Node.
 * Order checks are switched on for deserialization, and each point must serialize back to the bytes it came from.
 */
import herumi from 'bls-eth-wasm'
import { CodedError, assert, equalBytes } from '@cairn/primitives'
import type { Bls, BlsKeySet } from './bls.ts'
import { POSSESSION_DOMAIN, SIGNATURE_DOMAIN } from './domains.ts'
import { assertSecretKey, secretKeyFromEntropy } from './secret-key.ts'

type PublicKey = InstanceType<typeof herumi.PublicKey>
type Signature = InstanceType<typeof herumi.Signature>
type SecretKey = InstanceType<typeof herumi.SecretKey>

/** herumi's module is one global instance per thread: initialize it once. */
let ready: Promise<void> | undefined

/** Compiles the module on the first call. */
export async function createWasmBls(): Promise<Bls> {
  ready ??= herumi.init(herumi.BLS12_381)
  await ready
  herumi.verifySignatureOrder(true)
  herumi.verifyPublicKeyOrder(true)
  return {
    keySet: (publicKeys) => createKeySet(publicKeys),
    aggregate,
    sign: (secretKey, message) => secretKeyFromBytes(secretKey).sign(message).serialize(),
    publicKey: (secretKey) => secretKeyFromBytes(secretKey).getPublicKey().serialize(),
    secretKeyFromEntropy,
    provePossession: (secretKey) => {
      const key = secretKeyFromBytes(secretKey)
      return inPossessionDomain(() => key.sign(key.getPublicKey().serialize()).serialize())
    },
    verifyPossession: (publicKey, proof) => {
      const key = pointFromBytes(new herumi.PublicKey(), publicKey, 48)
      const point = signatureFromBytes(proof)
      return key !== undefined && point !== undefined && inPossessionDomain(() => key.verify(point, publicKey))
    },
  }
}

/** The domain is a global of herumi's module, there once it is initialized, and not in its types. */
function inPossessionDomain<T>(work: () => T): T {
  const { setDstG2 } = herumi as unknown as { readonly setDstG2: (domain: string) => void }
  setDstG2(POSSESSION_DOMAIN)
  try {
    return work()
  } finally {
    setDstG2(SIGNATURE_DOMAIN)
  }
}

function aggregate(signatures: readonly Uint8Array[]): Uint8Array {
  let sum: Signature | undefined
  for (const [index, bytes] of signatures.entries()) {
    const point = signatureFromBytes(bytes)
    if (point === undefined) throw new CodedError('BLS_BAD_SIGNATURE', 'malformed signature', { data: { index } })
    if (sum === undefined) sum = point
    else sum.add(point)
  }
  if (sum === undefined) throw new CodedError('BLS_BAD_SIGNATURE', 'no signature to aggregate')
  return sum.serialize()
}

function createKeySet(publicKeys: readonly Uint8Array[]): BlsKeySet {
  const keys = publicKeys.map((bytes, index) => {
    const key = pointFromBytes(new herumi.PublicKey(), bytes, 48)
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
      return point !== undefined && keyAt(index).verify(point, message)
    },
    verifyAggregate(indices, message, signature) {
      assert(indices.length > 0, 'an aggregate has signers')
      const point = signatureFromBytes(signature)
      if (point === undefined) return false
      // Summed here, not by fastAggregateVerify: that copies every key to herumi's small WASM stack.
      const sum = keyAt(indices[0] as number).clone()
      for (const index of indices.slice(1)) sum.add(keyAt(index))
      return !sum.isZero() && sum.verify(point, message)
    },
  }
}

function secretKeyFromBytes(bytes: Uint8Array): SecretKey {
  assertSecretKey(bytes)
  const key = new herumi.SecretKey()
  key.deserialize(bytes)
  return key
}

/** Checked: encoding, subgroup, not infinity. */
function signatureFromBytes(bytes: Uint8Array): Signature | undefined {
  return pointFromBytes(new herumi.Signature(), bytes, 96)
}

function pointFromBytes<T extends PublicKey | Signature>(
  point: T,
  bytes: Uint8Array,
  sizeBytes: number,
): T | undefined {
  if (bytes.length !== sizeBytes) return undefined
  try {
    point.deserialize(bytes)
    return point.isZero() || !equalBytes(point.serialize(), bytes) ? undefined : point
  } catch {
    return undefined
  }
}
