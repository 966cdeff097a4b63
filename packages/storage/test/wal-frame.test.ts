import { concatBytes, hexFromBytes } from '@cairn/primitives'
import { crc32c, encodeWalFrame, scanWalFrames, walFrameHeaderBytes } from '@cairn/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const start = 8
const records = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.from({ length: 40 }, (_, i) => i % 4)]

function encodeAll(from: readonly Uint8Array[]): { bytes: Uint8Array; ends: number[] } {
  let bytes = new Uint8Array(0)
  const ends = [0]
  for (const record of from) {
    bytes = Uint8Array.from(concatBytes(bytes, encodeWalFrame(record, start + bytes.length)))
    ends.push(bytes.length)
  }
  return { bytes, ends }
}

describe('wal-frame', () => {
  it('has the CRC-32C of RFC 3720 B.4', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
  })

  it('keeps its encoding', () => {
    expect(hexFromBytes(encodeWalFrame(Uint8Array.of(1, 2, 3), 8))).toBe('0x00000003fd574d38f130f21e010203')
  })

  it('reads back what it wrote, at any position', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (given) => {
        const { bytes } = encodeAll(given)
        expect(scanWalFrames(bytes, start)).toEqual({ records: given, intactBytes: bytes.length })
      }),
      { seed: 1 },
    )
  })

  it('cut anywhere, gives the whole records before the cut', () => {
    const { bytes, ends } = encodeAll(records)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const whole = ends.filter((end) => end <= cut).length - 1
      expect(scanWalFrames(bytes.subarray(0, cut), start)).toEqual({
        records: records.slice(0, whole),
        intactBytes: ends[whole],
      })
    }
  })

  it('takes space that was never written for a torn end', () => {
    const { bytes } = encodeAll(records)
    expect(scanWalFrames(concatBytes(bytes, new Uint8Array(600)), start).intactBytes).toBe(bytes.length)
  })

  it('refuses every single flipped bit, also in the last record', () => {
    const { bytes } = encodeAll(records)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => scanWalFrames(damaged, start), `bit ${bit}`).toThrow(
        expect.objectContaining({ code: 'WAL_CORRUPT' }),
      )
    }
  })

  it('refuses a frame that was moved or repeated', () => {
    const { bytes, ends } = encodeAll(records)
    const first = bytes.subarray(0, ends[1])
    expect(() => scanWalFrames(concatBytes(first, first), start)).toThrow(
      expect.objectContaining({ code: 'WAL_CORRUPT' }),
    )
    expect(() => scanWalFrames(bytes.subarray(ends[1]), start)).toThrow(
      expect.objectContaining({ code: 'WAL_CORRUPT' }),
    )
  })

  it('refuses an absurd length even with a right checksum', () => {
    const frame = encodeWalFrame(new Uint8Array(64 * 1024), 0)
    expect(frame.length).toBe(64 * 1024 + walFrameHeaderBytes)
    expect(() => encodeWalFrame(new Uint8Array(64 * 1024 + 1), 0)).toThrow('64 KiB')
  })
})
