/**
 * A stand-in for BLS that is fast and **insecure**: whoever knows a public key can sign. It has what the rules rely
 * on: unique deterministic signatures, aggregates that join in any order, one check per aggregate, no false accept
 * by accident. Adversaries of the simulator do not forge; they sign with their own keys.
 *
 * signature = join(digest of public key, digest of message) (8 bytes) ‖ 88 zero bytes; aggregate = lane-wise sum mod 2^32
 */
import type { Bls, BlsKeySet } from '@cairn/crypto'
import { CodedError } from '@cairn/primitives'

const SIGNATURE_BYTES = 96
const PUBLIC_KEY_BYTES = 48

export function createFakeBls(): Bls {
  return {
    keySet: createFakeKeySet,
    aggregate(signatures) {
      let low = 0
      let high = 0
      for (const [index, signature] of signatures.entries()) {
        const lanes = lanesOf(signature)
        if (lanes === undefined) throw new CodedError('BLS_BAD_SIGNATURE', 'malformed', { data: { index } })
        low = (low + lanes.low) >>> 0
        high = (high + lanes.high) >>> 0
      }
      return signatureFromLanes({ low, high })
    },
    sign: (secretKey, message) => signatureFromLanes(join(lanesOfBytes(publicKeyOf(secretKey)), lanesOfBytes(message))),
    publicKey: publicKeyOf,
    secretKeyFromEntropy: (entropy) => entropy.slice(0, 32),
    provePossession: (secretKey) => signatureFromLanes(join(lanesOfBytes(publicKeyOf(secretKey)), POSSESSION)),
    verifyPossession: (publicKey, proof) => isEqual(lanesOf(proof), join(lanesOfBytes(publicKey), POSSESSION)),
  }
}

interface Lanes {
  readonly low: number
  readonly high: number
}

const POSSESSION: Lanes = { low: 1, high: 2 }

function createFakeKeySet(publicKeys: readonly Uint8Array[]): BlsKeySet {
  const keys = publicKeys.map(lanesOfBytes)
  return {
    size: keys.length,
    verify(index, message, signature) {
      const key = keys[index]
      return key !== undefined && isEqual(lanesOf(signature), join(key, lanesOfBytes(message)))
    },
    verifyAggregate(indices, message, signature) {
      const digest = lanesOfBytes(message)
      let low = 0
      let high = 0
      for (const index of indices) {
        const key = keys[index]
        if (key === undefined) return false
        const lanes = join(key, digest)
        low = (low + lanes.low) >>> 0
        high = (high + lanes.high) >>> 0
      }
      return indices.length > 0 && isEqual(lanesOf(signature), { low, high })
    },
  }
}

/** The key is its own public key, padded. */
function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  const key = new Uint8Array(PUBLIC_KEY_BYTES)
  key.set(secretKey.subarray(0, 32))
  return key
}

/** Two lanes of FNV-1a with different primes. */
function lanesOfBytes(bytes: Uint8Array): Lanes {
  let low = 0x811c9dc5
  let high = 0x1000193
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number
    low = Math.imul(low ^ byte, 0x01000193)
    high = Math.imul(high ^ byte, 0x01000197)
  }
  return { low, high }
}

/** Not linear in either: sums of signatures do not collide by structure. */
function join(key: Lanes, message: Lanes): Lanes {
  return {
    low: mix(key.low ^ Math.imul(message.low, 0x9e3779b1)),
    high: mix(key.high ^ Math.imul(message.high, 0x85ebca77)),
  }
}

function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function signatureFromLanes({ low, high }: Lanes): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_BYTES)
  const words = new DataView(signature.buffer)
  words.setUint32(0, low)
  words.setUint32(4, high)
  return signature
}

/** `undefined` for anything that no signature looks like. */
function lanesOf(signature: Uint8Array): Lanes | undefined {
  if (signature.length !== SIGNATURE_BYTES) return undefined
  for (let index = 8; index < SIGNATURE_BYTES; index++) if (signature[index] !== 0) return undefined
  const words = new DataView(signature.buffer, signature.byteOffset)
  return { low: words.getUint32(0), high: words.getUint32(4) }
}

function isEqual(a: Lanes | undefined, b: Lanes): boolean {
  return a !== undefined && a.low === b.low && a.high === b.high
}
