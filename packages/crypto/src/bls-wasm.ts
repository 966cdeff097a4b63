/**
 * BLS on the light artefact (`wasm-core/light`: blst with a field for WebAssembly), for browsers and for machines without
 * the native addon. Runs in windows, workers and Node. The module imports nothing and keeps nothing between calls: points of
 * keys are held here, in blst's own form, and are copied in for each call.
 */
import { CodedError, assert } from '@cairn/primitives'
import type { Bls, BlsKeySet } from './bls.ts'
import { POSSESSION_DOMAIN, SIGNATURE_DOMAIN } from './domains.ts'
import { type CompiledModule, LightModule } from './light-module.ts'
import { assertSecretKey, secretKeyFromEntropy } from './secret-key.ts'

export type { CompiledModule } from './light-module.ts'

const PUBLIC_KEY_BYTES = 48
const SIGNATURE_BYTES = 96

/**
 * `wasm`: bytes of `light.wasm`, compiled without blocking, or the module that somebody else has compiled.
 * @throws CodedError `LIGHT_IMPORTS_FORBIDDEN`
 */
export async function createWasmBls(wasm: Uint8Array | CompiledModule): Promise<Bls> {
  const light = await LightModule.load(wasm)
  return {
    keySet: (publicKeys) => createKeySet(light, publicKeys),
    aggregate: (signatures) => aggregate(light, signatures),
    sign: (secretKey, message) => light.sign(littleEndian(secretKey), SIGNATURE_DOMAIN, message),
    publicKey: (secretKey) => light.publicKey(littleEndian(secretKey)),
    secretKeyFromEntropy,
    provePossession: (secretKey) => {
      const secret = littleEndian(secretKey)
      return light.sign(secret, POSSESSION_DOMAIN, light.publicKey(secret))
    },
    verifyPossession: (publicKey, proof) => {
      const point = publicKey.length === PUBLIC_KEY_BYTES ? light.decodePublicKey(publicKey) : undefined
      if (point === undefined || proof.length !== SIGNATURE_BYTES) return false
      return light.verify(point, proof, POSSESSION_DOMAIN, publicKey)
    },
  }
}

function aggregate(light: LightModule, signatures: readonly Uint8Array[]): Uint8Array {
  if (signatures.length === 0) throw new CodedError('BLS_BAD_SIGNATURE', 'no signature to aggregate')
  const misfit = signatures.findIndex((signature) => signature.length !== SIGNATURE_BYTES)
  const { sum, malformed } = light.aggregate(misfit < 0 ? signatures : signatures.slice(0, misfit))
  const index = malformed ?? misfit
  if (index >= 0) throw new CodedError('BLS_BAD_SIGNATURE', 'malformed signature', { data: { index } })
  return sum
}

function createKeySet(light: LightModule, publicKeys: readonly Uint8Array[]): BlsKeySet {
  const size = publicKeys.length
  const points = publicKeys.map((bytes, index) => {
    const point = bytes.length === PUBLIC_KEY_BYTES ? light.decodePublicKey(bytes) : undefined
    if (point === undefined) throw new CodedError('BLS_BAD_PUBLIC_KEY', 'malformed public key', { data: { index } })
    return point
  })
  const pointAt = (index: number): Uint8Array => {
    const point = points[index]
    assert(point !== undefined, `no public key ${index}`)
    return point
  }
  /** The sum of all keys; `undefined` where it is infinity. Made when it is first of use. */
  let total: { readonly point: Uint8Array | undefined } | undefined
  const sumOf = (indices: readonly number[]): Uint8Array | undefined => {
    const signers = indices.map(pointAt)
    if (2 * signers.length <= size) return light.sumPublicKeys(signers, [])
    total ??= { point: light.sumPublicKeys(points, []) }
    const named = new Set(indices)
    const absent = points.filter((_, index) => !named.has(index))
    // A certificate has most signers: taking the others away from all costs less than adding them up.
    const { point } = total
    if (point === undefined || absent.length + signers.length !== size) return light.sumPublicKeys(signers, [])
    return light.sumPublicKeys([point], absent)
  }
  const verify = (point: Uint8Array | undefined, message: Uint8Array, signature: Uint8Array): boolean =>
    point !== undefined &&
    signature.length === SIGNATURE_BYTES &&
    light.verify(point, signature, SIGNATURE_DOMAIN, message)
  return {
    size,
    verify: (index, message, signature) => verify(pointAt(index), message, signature),
    verifyAggregate(indices, message, signature) {
      assert(indices.length > 0, 'an aggregate has signers')
      return verify(sumOf(indices), message, signature)
    },
  }
}

/** @throws CodedError `BLS_BAD_SECRET_KEY` */
function littleEndian(secretKey: Uint8Array): Uint8Array {
  assertSecretKey(secretKey)
  return secretKey.toReversed()
}
