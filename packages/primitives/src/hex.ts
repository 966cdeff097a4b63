/**
 * Hex and byte strings. Hot path of hashing keys of maps, so a table instead of `toString(16)`.
 */
import type { Address, Hash, Hex } from './brand.ts'

const byteToHex: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case, `0x`-prefixed. */
export function hexFromBytes(bytes: Uint8Array): Hex {
  let text = '0x'
  for (const byte of bytes) text += byteToHex[byte]
  return text as Hex
}

/** Value of one hex digit by its character code, −1 for any other ASCII character. */
const nibbles = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(lowerCase(code)))

function lowerCase(code: number): string {
  return String.fromCharCode(code).toLowerCase()
}

/** `undefined` where `text` is not `0x` and an even number of hex digits. */
export function tryBytesFromHex(text: string): Uint8Array | undefined {
  if (!text.startsWith('0x') || text.length % 2 !== 0) return undefined
  const bytes = new Uint8Array(text.length / 2 - 1)
  for (let index = 0; index < bytes.length; index++) {
    const high = nibbles[text.charCodeAt(2 + 2 * index)] ?? -1
    const low = nibbles[text.charCodeAt(3 + 2 * index)] ?? -1
    if (high < 0 || low < 0) return undefined
    bytes[index] = high * 16 + low
  }
  return bytes
}

/** @throws RangeError when `text` is not `0x` and an even number of hex digits. */
export function bytesFromHex(text: string): Uint8Array {
  const bytes = tryBytesFromHex(text)
  if (bytes === undefined) throw new RangeError('not a hex byte string')
  return bytes
}

/** @throws RangeError when `bytes` is not 32 long. */
export function hashFromBytes(bytes: Uint8Array): Hash {
  if (bytes.length !== 32) throw new RangeError(`a hash has 32 bytes, not ${bytes.length}`)
  return hexFromBytes(bytes) as string as Hash
}

/** @throws RangeError when `bytes` is not 20 long. */
export function addressFromBytes(bytes: Uint8Array): Address {
  if (bytes.length !== 20) throw new RangeError(`an address has 20 bytes, not ${bytes.length}`)
  return hexFromBytes(bytes) as string as Address
}

/** 32 zero bytes. Stands for «no hash» where a fixed length is needed (nullify votes). */
export const ZERO_HASH = `0x${'00'.repeat(32)}` as Hash

/** 20 zero bytes. */
export const ZERO_ADDRESS = `0x${'00'.repeat(20)}` as Address
