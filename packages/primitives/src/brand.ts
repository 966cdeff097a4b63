/**
 * Branded scalars. A brand costs nothing at run time and keeps a view from being passed for a height.
 */
declare const brand: unique symbol

/** `Base` that cannot be confused with another type of the same shape. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }

/** Block height; genesis is 0. Safe integer. */
export type Height = Brand<number, 'Height'>
/** Consensus view within an epoch; genesis_e is view 0, proposals start at 1. Safe integer. */
export type View = Brand<number, 'View'>
/** Epoch number; starts at 0. Safe integer. */
export type Epoch = Brand<number, 'Epoch'>
/** 32-byte hash, `0x` and 64 lower-case hex digits. */
export type Hash = Brand<`0x${string}`, 'Hash'>
/** 20-byte address, `0x` and 40 lower-case hex digits (no checksum). */
export type Address = Brand<`0x${string}`, 'Address'>
/** Any byte string as `0x` and an even number of lower-case hex digits. */
export type Hex = `0x${string}`

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** @throws RangeError when `value` is no safe non-negative integer. */
export function height(value: number): Height {
  if (!isCount(value)) throw new RangeError(`not a height: ${value}`)
  return value as Height
}

/** @throws RangeError when `value` is no safe non-negative integer. */
export function view(value: number): View {
  if (!isCount(value)) throw new RangeError(`not a view: ${value}`)
  return value as View
}

/** @throws RangeError when `value` is no safe non-negative integer. */
export function epoch(value: number): Epoch {
  if (!isCount(value)) throw new RangeError(`not an epoch: ${value}`)
  return value as Epoch
}
