import { sha256 as sha256Hash } from '@cairn/crypto'
import { bytesFromHex } from '@cairn/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FRAME_HEADER_BYTES, createFrameDecoder, encodeFrame } from '../src/request-frame.ts'
import type { FrameProgress } from '../src/request-frame.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => bytesFromHex(sha256Hash(bytes))
const SIZE_MAX_BYTES = 2000

function decodeIn(chunks: readonly Uint8Array[]): FrameProgress {
  const decoder = createFrameDecoder({ sizeMaxBytes: SIZE_MAX_BYTES, statusMax: 2, sha256 })
  let progress: FrameProgress = { state: 'incomplete' }
  for (const chunk of chunks) progress = decoder.push(chunk)
  return progress
}

function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const offsets = [0, ...cuts.map((one) => one % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return offsets.slice(1).map((end, index) => bytes.subarray(offsets[index], end))
}

const bytesArbitrary = fc.uint8Array({ maxLength: SIZE_MAX_BYTES })
const cutsArbitrary = fc.array(fc.nat(), { maxLength: 12 })

test('the encoding is pinned', () => {
  expect(sha256Hash(encodeFrame(1, new Uint8Array([1, 2, 3]), sha256))).toMatchInlineSnapshot(
    `"0x39bc12b1b99dd1381114ef6144f92dcbc939c9ad6be4e7bbb41e6980730ecd2c"`,
  )
})

test('a frame survives any cutting into chunks', () => {
  fc.assert(
    fc.property(bytesArbitrary, cutsArbitrary, fc.integer({ min: 0, max: 2 }), (body, cuts, status) => {
      expect(decodeIn(cut(encodeFrame(status, body, sha256), cuts))).toEqual({ state: 'complete', status, body })
    }),
    { seed: 1, numRuns: 300 },
  )
})

test('a proper prefix is never complete', () => {
  fc.assert(
    fc.property(bytesArbitrary, fc.nat(), (body, at) => {
      const frame = encodeFrame(0, body, sha256)
      expect(decodeIn([frame.subarray(0, at % frame.length)]).state).toBe('incomplete')
    }),
    { seed: 2, numRuns: 300 },
  )
})

test('one flipped bit anywhere is noticed', () => {
  fc.assert(
    fc.property(bytesArbitrary, fc.nat(), fc.integer({ min: 0, max: 7 }), (body, at, bit) => {
      const frame = encodeFrame(0, body, sha256)
      const index = at % frame.length
      frame[index] = (frame[index] ?? 0) ^ (1 << bit)
      const progress = decodeIn([frame])
      // A flipped status may be another known status: the hash covers the body only.
      if (index > 0) expect(progress.state).not.toBe('complete')
    }),
    { seed: 3, numRuns: 500 },
  )
})

test('random bytes never throw and never complete by chance', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (chunks) => {
      expect(decodeIn(chunks).state).not.toBe('complete')
    }),
    { seed: 4, numRuns: 1000 },
  )
})

test('limits: the largest body passes, one byte more, an unknown status and bytes after the end do not', () => {
  expect(decodeIn([encodeFrame(0, new Uint8Array(SIZE_MAX_BYTES), sha256)]).state).toBe('complete')
  expect(
    decodeIn([encodeFrame(0, new Uint8Array(SIZE_MAX_BYTES + 1), sha256).subarray(0, FRAME_HEADER_BYTES)]),
  ).toEqual({ state: 'invalid', code: 'FRAME_TOO_LARGE' })
  expect(decodeIn([encodeFrame(3, new Uint8Array(0), sha256)])).toEqual({ state: 'invalid', code: 'FRAME_STATUS' })
  expect(decodeIn([new Uint8Array([...encodeFrame(0, new Uint8Array(5), sha256), 0])])).toEqual({
    state: 'invalid',
    code: 'FRAME_TRAILING_BYTES',
  })
})
