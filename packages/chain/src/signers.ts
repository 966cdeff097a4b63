/** The signers bitmap of certificates: bit i, little-endian within each byte, is validator i; padding bits are zero. */
import { assert } from '@cairn/primitives'

/** ⌈size/8⌉ bytes. `indices` are distinct and below `size`, in any order. */
export function bitmapFromIndices(indices: Iterable<number>, size: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(size / 8))
  for (const index of indices) {
    assert(Number.isInteger(index) && index >= 0 && index < size, `no validator ${index} of ${size}`)
    const bit = 1 << (index % 8)
    const byte = index >> 3
    assert(((bitmap[byte] as number) & bit) === 0, `validator ${index} counted twice`)
    bitmap[byte] = (bitmap[byte] as number) | bit
  }
  return bitmap
}

/** Ascending indices; `undefined` when the length is not ⌈size/8⌉ or a padding bit is set. */
export function indicesFromBitmap(bitmap: Uint8Array, size: number): readonly number[] | undefined {
  if (bitmap.length !== Math.ceil(size / 8)) return undefined
  const indices: number[] = []
  for (let index = 0; index < bitmap.length * 8; index++) {
    if ((((bitmap[index >> 3] as number) >> (index % 8)) & 1) === 0) continue
    if (index >= size) return undefined
    indices.push(index)
  }
  return indices
}
