import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCoins,
  formatInteger,
  formatMs,
  formatPercent,
  formatTime,
  plural,
  shortenHex,
} from '../src/format.ts'

describe('formatCoins', () => {
  it('is exact to the last wei', () => {
    expect(formatCoins(0n)).toBe('0')
    expect(formatCoins(1n)).toBe('0.000000000000000001')
    expect(formatCoins(10n ** 18n)).toBe('1')
    expect(formatCoins(1_234_567n * 10n ** 18n + 5n * 10n ** 17n)).toBe('1,234,567.5')
  })
})

describe('numbers', () => {
  it('have the unit that fits', () => {
    expect(formatBytes(0)).toBe('0 B')
    expect(formatBytes(1023)).toBe('1023 B')
    expect(formatBytes(1536)).toBe('1.5 KiB')
    expect(formatBytes(512 * 1024 ** 3)).toBe('512 GiB')
    expect(formatMs(1.26)).toBe('1.3 ms')
    expect(formatMs(1234)).toBe('1,234 ms')
  })

  it('give a share of a weight without floating-point weights', () => {
    expect(formatPercent(2n ** 64n, 2n ** 64n * 2n)).toBe('50 %')
    expect(formatPercent(1n, 0n)).toBe('0 %')
  })

  it('are grouped, and times have two digits, as the browser’s own formats write them', () => {
    const own = new Intl.NumberFormat('en')
    for (const value of [0, 9, 999, 1_000, 12_345, 123_456, 1_234_567, 2n ** 64n, -1_234, -123]) {
      expect(formatInteger(value)).toBe(own.format(value))
    }
    for (const timeMs of [0, 1_700_000_000_000, 1_719_792_000_000 - 1_000]) {
      expect(formatTime(timeMs)).toBe(new Date(timeMs).toLocaleTimeString('en-GB'))
    }
  })

  it('agree with their noun', () => {
    expect(plural(1, 'block')).toBe('1 block')
    expect(plural(0, 'block')).toBe('0 blocks')
  })
})

it('shortens hashes, not short texts', () => {
  expect(shortenHex(`0x${'12'.repeat(32)}`)).toBe('0x12121212…121212')
  expect(shortenHex('0x1234')).toBe('0x1234')
})
