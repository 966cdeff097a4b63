/**
 * Public-key recovery on Node: libsecp256k1 as a native addon (npm `secp256k1`, prebuilt for common platforms: 65 µs),
 * else the same library as WebAssembly (npm `tiny-secp256k1`: 265 µs). The addon's own fall-back, plain JavaScript,
 * is never loaded.
 */
import { createRequire } from 'node:module'
import { keccak256Bytes } from '@cairn/crypto'
import { decodeEnvelope } from '@cairn/executor'
import type { SenderRecovery } from '@cairn/ports'
import { addressFromBytes } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import { recover } from 'tiny-secp256k1'

/** Uncompressed public key (65 bytes) of a signature over a 32-byte digest. May throw for a bad signature. */
export type RecoverPublicKey = (digest: Uint8Array, signature: Uint8Array, recoveryId: 0 | 1) => Uint8Array | null

/** Recovers in the calling thread: run it in the executor's worker. Default back end: the fastest that loads. */
export function createSenderRecovery(recoverPublicKey: RecoverPublicKey = fastestRecovery()): SenderRecovery {
  return { recover: async (raw) => raw.map((bytes) => recoverSender(bytes, recoverPublicKey)) }
}

/** The addon, or `undefined` where no binary of it loads. */
export function nativeRecovery(): RecoverPublicKey | undefined {
  try {
    const require = createRequire(import.meta.url)
    const addon = require('secp256k1/bindings.js') as NativeSecp256k1
    return (digest, signature, recoveryId) => addon.ecdsaRecover(signature, recoveryId, digest, false)
  } catch {
    return undefined
  }
}

/** Runs everywhere. */
export const wasmRecovery: RecoverPublicKey = (digest, signature, recoveryId) =>
  recover(digest, signature, recoveryId, false)

/** The one function used of npm `secp256k1`, which has no types. */
interface NativeSecp256k1 {
  ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array, compressed: boolean): Uint8Array
}

function fastestRecovery(): RecoverPublicKey {
  return nativeRecovery() ?? wasmRecovery
}

function recoverSender(raw: Uint8Array, recoverPublicKey: RecoverPublicKey): Address | undefined {
  const envelope = decodeEnvelope(raw)
  if (!envelope.ok) return undefined
  const { signedBytes, signature, recoveryId } = envelope.value
  try {
    const publicKey = recoverPublicKey(keccak256Bytes(signedBytes), signature, recoveryId)
    return publicKey === null ? undefined : addressFromBytes(keccak256Bytes(publicKey.subarray(1)).subarray(12))
  } catch {
    // Both libraries throw for r or s out of range and for points that do not exist.
    return undefined
  }
}
