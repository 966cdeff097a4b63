/** Ethereum's two hex encodings on the JSON side: minimal quantities and fixed-length data. */
import type { Hex } from '@cairn/primitives'

/** `0x0`, `0x1a`: no leading zeros. */
export function quantity(value: number | bigint): Hex {
  return `0x${value.toString(16)}`
}

/** Big-endian bytes in hex, as RLP has them (zero is `0x`), to a quantity. */
export function quantityFromData(data: Hex): Hex {
  const digits = data.slice(2).replace(/^0+/, '')
  return digits === '' ? '0x0' : `0x${digits}`
}

/** Big-endian bytes in hex to a number of any size. */
export function bigintFromData(data: Hex): bigint {
  return data === '0x' ? 0n : BigInt(data)
}
