/** Hash functions, from the audited noble library: pure, synchronous, the same code everywhere. */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { sha256 as sha256Noble } from '@noble/hashes/sha2.js'
import { hashFromBytes } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'

/** Keccak-256 (Ethereum's, not SHA3-256) as 32 new bytes. */
export function keccak256Bytes(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes)
}

/** Keccak-256 as a `Hash`. */
export function keccak256(bytes: Uint8Array): Hash {
  return hashFromBytes(keccak_256(bytes))
}

/** SHA-256 as a `Hash`. */
export function sha256(bytes: Uint8Array): Hash {
  return hashFromBytes(sha256Noble(bytes))
}
