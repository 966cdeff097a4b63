/**
 * Secret-key derivation: `derive_master_SK` of EIP-2333, that is HKDF_mod_r with the salt chain of
 * draft-irtf-cfrg-bls-signature. One implementation for all back ends, so that a backup restores anywhere.
 */
import { extract, expand } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { CodedError, concatBytes } from '@cairn/primitives'

/** Order r of the BLS12-381 subgroups. */
const CURVE_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n
/** L = ⌈3 · ⌈log2 r⌉ / 16⌉ */
const OUTPUT_BYTES = 48

/**
 * 32 bytes, big-endian, in 1 … r − 1.
 * @throws CodedError `BLS_SHORT_ENTROPY` when `entropy` has fewer than 32 bytes
 */
export function secretKeyFromEntropy(entropy: Uint8Array): Uint8Array {
  if (entropy.length < 32) throw new CodedError('BLS_SHORT_ENTROPY', 'a secret key needs at least 32 bytes of entropy')
  const input = concatBytes(entropy, Uint8Array.of(0))
  const info = Uint8Array.of(0, OUTPUT_BYTES)
  let salt = new TextEncoder().encode('BLS-SIG-KEYGEN-SALT-') as Uint8Array
  for (;;) {
    salt = sha256(salt)
    const wide = expand(sha256, extract(sha256, input, salt), info, OUTPUT_BYTES)
    let key = 0n
    for (const byte of wide) key = (key << 8n) | BigInt(byte)
    key %= CURVE_ORDER
    if (key !== 0n) return bytes32(key)
  }
}

/** @throws CodedError `BLS_BAD_SECRET_KEY` unless `secretKey` is 32 bytes, big-endian, in 1 … r − 1 */
export function assertSecretKey(secretKey: Uint8Array): void {
  let key = 0n
  for (const byte of secretKey) key = (key << 8n) | BigInt(byte)
  if (secretKey.length !== 32 || key === 0n || key >= CURVE_ORDER) {
    throw new CodedError('BLS_BAD_SECRET_KEY', 'not a BLS12-381 secret key')
  }
}

function bytes32(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  for (let index = 31, rest = value; index >= 0; index--, rest >>= 8n) bytes[index] = Number(rest & 0xffn)
  return bytes
}
