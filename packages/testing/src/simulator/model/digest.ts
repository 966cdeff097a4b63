/** Hashes of the model: not cryptographic, distinct for what a run makes, and far cheaper than keccak. */
import type { Hash } from '@cairn/primitives'

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const PADDING = '5'.repeat(32)

/** 32 bytes from two multiplicative lanes over the parts, as if they were one. */
export function digestOf(...parts: readonly (Uint8Array | string)[]): Hash {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (const part of parts) {
    const isText = typeof part === 'string'
    for (let index = 0; index < part.length; index++) {
      const unit = isText ? part.charCodeAt(index) : (part[index] as number)
      a = Math.imul(a ^ unit, 0x01000193)
      b = Math.imul(b ^ unit, 0x85ebca6b) ^ (b >>> 13)
    }
  }
  return `0x${hex(a)}${hex(b)}${hex(a ^ (b << 7))}${hex(b ^ (a >>> 5))}${PADDING}` as Hash
}

function hex(bits: number): string {
  return `${DIGITS[bits >>> 24]}${DIGITS[(bits >>> 16) & 255]}${DIGITS[(bits >>> 8) & 255]}${DIGITS[bits & 255]}`
}
