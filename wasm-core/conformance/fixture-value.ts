/**
 * Values as the fixtures write them: hex with or without digits (`0x`), odd or even length, sometimes with a
 * `0x:bigint ` mark for integers that are too wide on purpose.
 */
import { bytesFromHex } from '@cairn/primitives'

export type JsonObject = Readonly<Record<string, unknown>>

/** @throws TypeError where the fixture is not shaped as documented */
export function objectOf(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('fixture: not an object')
  return value as JsonObject
}

/** @throws TypeError */
export function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('fixture: not a list')
  return value
}

/** @throws TypeError */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('fixture: not a string')
  return value
}

/** Bytes of a hex string, with or without `0x`. @throws RangeError */
export function bytesOf(value: unknown): Uint8Array {
  const text = textOf(value)
  return bytesFromHex(text.startsWith('0x') ? text : `0x${text}`)
}

/** An integer; absent or `0x` is 0. */
export function integerOf(value: unknown): bigint {
  if (value === undefined) return 0n
  const digits = textOf(value).replace('0x:bigint ', '')
  return digits === '0x' || digits === '' ? 0n : BigInt(digits)
}

/** An integer of a 64-bit field; larger ones (never reached by a block) are cut to the maximum. */
export function uint64Of(value: unknown): bigint {
  const integer = integerOf(value)
  return integer > UINT64_MAX ? UINT64_MAX : integer
}

const UINT64_MAX = (1n << 64n) - 1n
