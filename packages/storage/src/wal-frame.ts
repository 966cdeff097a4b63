/**
 * Framing of write-ahead-log records: pure functions over bytes (consensus.md R10).
 *
 *   frame = u32 payload length ‖ u32 CRC-32C(u64 position ‖ u32 length) ‖ u32 CRC-32C(payload) ‖ payload     big-endian
 *
 * `position` is where the frame starts: its byte offset in a file, its sequence number where records are separate.
 * The length has a checksum of its own so that a damaged length is not taken for a torn write, and the position is
 * in it so that no frame can be moved or repeated. A write is torn only when the medium ends inside the last frame,
 * or holds nothing but zeros from its start on (space given to the file, data never written). A complete frame with
 * a wrong checksum is damage, also at the end: cutting it off could forget a vote that has been sent.
 */
import { CodedError, assert, bytesFromUint64, concatBytes } from '@cairn/primitives'
import { walRecordMaxBytes } from './limits.ts'

/** Bytes before the payload. */
export const walFrameHeaderBytes = 12

/** What a scan found: the records, and the length up to which the bytes are good. */
export interface WalScan {
  readonly records: readonly Uint8Array[]
  /** Bytes of whole frames, counted from the start of the scanned bytes; less than what was given ⇒ torn end. */
  readonly intactBytes: number
}

/** One frame for `record`, to be written at `position`. */
export function encodeWalFrame(record: Uint8Array, position: number): Uint8Array {
  assert(record.length <= walRecordMaxBytes, 'a log record is at most 64 KiB')
  const header = new Uint8Array(walFrameHeaderBytes)
  const view = new DataView(header.buffer)
  view.setUint32(0, record.length)
  view.setUint32(4, headerChecksum(record.length, position))
  view.setUint32(8, crc32c(record))
  return concatBytes(header, record)
}

/** Frames for `records`, one after the other, the first at byte offset `position`. */
export function encodeWalFrames(records: readonly Uint8Array[], position: number): Uint8Array {
  let end = position
  const frames = records.map((record) => {
    const frame = encodeWalFrame(record, end)
    end += frame.length
    return frame
  })
  return concatBytes(...frames)
}

/**
 * Reads frames that follow each other, the first at byte offset `position`.
 * @throws CodedError `WAL_CORRUPT` with the offset in `data` on any damage but a torn end
 */
export function scanWalFrames(bytes: Uint8Array, position: number): WalScan {
  const records: Uint8Array[] = []
  let offset = 0
  while (offset < bytes.length) {
    const frame = decodeWalFrame(bytes.subarray(offset), position + offset)
    if (frame === 'torn') break
    records.push(frame)
    offset += walFrameHeaderBytes + frame.length
  }
  return { records, intactBytes: offset }
}

/**
 * The record of the frame at the start of `bytes` (copied); `'torn'` when the bytes end inside it.
 * @throws CodedError `WAL_CORRUPT`
 */
export function decodeWalFrame(bytes: Uint8Array, position: number): Uint8Array | 'torn' {
  if (bytes.every((byte) => byte === 0)) return 'torn'
  if (bytes.length < walFrameHeaderBytes) return 'torn'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const lengthBytes = view.getUint32(0)
  if (view.getUint32(4) !== headerChecksum(lengthBytes, position)) throw corrupt(position, 'frame header')
  if (lengthBytes > walRecordMaxBytes) throw corrupt(position, 'record length')
  if (bytes.length < walFrameHeaderBytes + lengthBytes) return 'torn'
  // Not `slice`: on Node's Buffer that is a view.
  const record = new Uint8Array(bytes.subarray(walFrameHeaderBytes, walFrameHeaderBytes + lengthBytes))
  if (view.getUint32(8) !== crc32c(record)) throw corrupt(position, 'record')
  return record
}

function headerChecksum(lengthBytes: number, position: number): number {
  const covered = concatBytes(bytesFromUint64(position), new Uint8Array(4))
  new DataView(covered.buffer).setUint32(8, lengthBytes)
  return crc32c(covered)
}

/** CRC-32C (Castagnoli, RFC 3720 B.4), reflected, as an unsigned number. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] as number)
  return (crc ^ 0xffffffff) >>> 0
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

function corrupt(position: number, what: string): CodedError {
  return new CodedError('WAL_CORRUPT', `the write-ahead log is damaged: bad ${what} at ${position}`, {
    data: { position },
  })
}
