import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ZERO_ADDRESS,
  ZERO_HASH,
  addressFromBytes,
  bytesFromHex,
  bytesFromUint64,
  compareBytes,
  concatBytes,
  equalBytes,
  hashFromBytes,
  hexFromBytes,
  tryBytesFromHex,
} from '../src/index.ts'

describe('hex', () => {
  it('round trips, lower-case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const hex = hexFromBytes(bytes)
        expect(hex).toMatch(/^0x([0-9a-f]{2})*$/)
        expect(bytesFromHex(hex)).toEqual(bytes)
        expect(bytesFromHex(`0x${hex.slice(2).toUpperCase()}`)).toEqual(bytes)
      }),
      { seed: 1 },
    )
  })

  it('refuses anything else', () => {
    const bad = ['', '0', '0x0', 'ab', '0xg0', '0x0g', '0X00', '0x 1', '0x/0', '0x:0', '0x@0', '0x`0']
    expect(bad.filter((text) => tryBytesFromHex(text) !== undefined)).toEqual([])
    expect(() => bytesFromHex('0xg0')).toThrow(RangeError)
  })

  it('makes hashes and addresses of the right length only', () => {
    expect(hashFromBytes(new Uint8Array(32))).toBe(ZERO_HASH)
    expect(addressFromBytes(new Uint8Array(20))).toBe(ZERO_ADDRESS)
    expect(() => hashFromBytes(new Uint8Array(31))).toThrow(RangeError)
    expect(() => addressFromBytes(new Uint8Array(21))).toThrow(RangeError)
  })
})

describe('bytes', () => {
  it('joins, compares and orders', () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(1, 3)]
    expect(concatBytes(a, new Uint8Array(0), b)).toEqual(Uint8Array.of(1, 2, 1, 3))
    expect(equalBytes(a, Uint8Array.of(1, 2))).toBe(true)
    expect(equalBytes(a, b)).toBe(false)
    expect(equalBytes(a, a.subarray(1))).toBe(false)
    expect(compareBytes(a, b)).toBeLessThan(0)
    expect(compareBytes(b, a)).toBeGreaterThan(0)
    expect(compareBytes(a.subarray(0, 1), a)).toBeLessThan(0)
    expect(compareBytes(a, a)).toBe(0)
  })

  it('writes 64 bits big-endian', () => {
    expect(hexFromBytes(bytesFromUint64(0))).toBe('0x0000000000000000')
    expect(hexFromBytes(bytesFromUint64(Number.MAX_SAFE_INTEGER))).toBe('0x001fffffffffffff')
    for (const bad of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => bytesFromUint64(bad)).toThrow(RangeError)
  })
})
