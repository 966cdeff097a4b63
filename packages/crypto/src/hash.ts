/** Hash functions: pure, synchronous, the same code everywhere. SHA-256 is the audited noble library's. */
import { sha256 as sha256Noble } from '@noble/hashes/sha2.js'
import { hashFromBytes } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { keccak256Digest } from './keccak.ts'

/** Keccak-256 (Ethereum's, not SHA3-256) as 32 new bytes. */
export function keccak256Bytes(bytes: Uint8Array): Uint8Array {
  return keccak256Digest(bytes)
}

/** Keccak-256 as a `Hash`. */
export function keccak256(bytes: Uint8Array): Hash {
  return hashFromBytes(keccak256Digest(bytes))
}

/** SHA-256 as a `Hash`. */
export function sha256(bytes: Uint8Array): Hash {
  return hashFromBytes(sha256Noble(bytes))
}
