import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bitmapFromIndices, indicesFromBitmap } from '../src/index.ts'

it('is little-endian within each byte', () => {
  expect(bitmapFromIndices([0, 3, 9], 10)).toEqual(Uint8Array.of(0b1001, 0b10))
})

it('round trips any subset', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.uniqueArray(fc.nat(199)), (size, candidates) => {
      const indices = candidates.filter((index) => index < size).toSorted((a, b) => a - b)
      expect(indicesFromBitmap(bitmapFromIndices(indices, size), size)).toEqual(indices)
    }),
    { seed: 1 },
  )
})

it('refuses a wrong length and padding bits', () => {
  expect(indicesFromBitmap(Uint8Array.of(0b1), 9)).toBeUndefined()
  expect(indicesFromBitmap(Uint8Array.of(0b1, 0, 0), 9)).toBeUndefined()
  expect(indicesFromBitmap(Uint8Array.of(0b1, 0b10), 9)).toBeUndefined()
  expect(indicesFromBitmap(Uint8Array.of(0b1, 0b1), 9)).toEqual([0, 8])
})

it('asserts that nobody is counted twice', () => {
  expect(() => bitmapFromIndices([1, 1], 4)).toThrow('counted twice')
  expect(() => bitmapFromIndices([4], 4)).toThrow('no validator 4')
})
