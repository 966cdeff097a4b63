/**
 * The bytes of a state log. A file is a header and frames; a frame is one batch, and counts as a whole or not at all:
 *
 *   header = u32 magic ‖ u32 generation ‖ u32 CRC-32C of both
 *   frame  = u32 length ‖ u32 CRC-32C(records) ‖ records
 *   record = u16 key length ‖ u32 value length, or ffffffff for a deletion ‖ key ‖ value
 */
import type { BatchOperation } from '@cairn/ports'
import { crc32c } from '@cairn/storage'

export const HEADER_BYTES = 12
export const FRAME_HEAD_BYTES = 8
const RECORD_HEAD_BYTES = 6

const MAGIC = 0x43524e31
const DELETED = 0xffffffff

export interface LogRecord {
  readonly key: Uint8Array
  /** `undefined`: deleted. */
  readonly value: Uint8Array | undefined
  /** Of the whole record. */
  readonly sizeBytes: number
}

export function encodeHeader(generation: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC)
  view.setUint32(4, generation)
  view.setUint32(8, crc32c(bytes.subarray(0, 8)))
  return bytes
}

/** Its generation; `undefined`: the file was never finished, or is none of ours. */
export function decodeHeader(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isGood = view.getUint32(0) === MAGIC && view.getUint32(8) === crc32c(bytes.subarray(0, 8))
  return isGood ? view.getUint32(4) : undefined
}

export function encodeFrame(operations: readonly BatchOperation[]): Uint8Array {
  const lengthBytes = operations.reduce(
    (sum, one) => sum + RECORD_HEAD_BYTES + one.key.length + (one.type === 'put' ? one.value.length : 0),
    0,
  )
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + lengthBytes)
  const view = new DataView(bytes.buffer)
  let at = FRAME_HEAD_BYTES
  for (const one of operations) {
    view.setUint16(at, one.key.length)
    view.setUint32(at + 2, one.type === 'put' ? one.value.length : DELETED)
    bytes.set(one.key, at + RECORD_HEAD_BYTES)
    at += RECORD_HEAD_BYTES + one.key.length
    if (one.type !== 'put') continue
    bytes.set(one.value, at)
    at += one.value.length
  }
  view.setUint32(0, lengthBytes)
  view.setUint32(4, crc32c(bytes.subarray(FRAME_HEAD_BYTES)))
  return bytes
}

/** Length of the records of the frame that begins here. */
export function frameLength(head: Uint8Array): number {
  return new DataView(head.buffer, head.byteOffset).getUint32(0)
}

export function isFrameWhole(frame: Uint8Array): boolean {
  const crc = new DataView(frame.buffer, frame.byteOffset).getUint32(4)
  return crc === crc32c(frame.subarray(FRAME_HEAD_BYTES))
}

/** The record at `at`, as views; `undefined` when it goes beyond the bytes. */
export function recordAt(bytes: Uint8Array, at: number): LogRecord | undefined {
  if (at + RECORD_HEAD_BYTES > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const keyEnd = at + RECORD_HEAD_BYTES + view.getUint16(at)
  const valueLength = view.getUint32(at + 2)
  const end = valueLength === DELETED ? keyEnd : keyEnd + valueLength
  if (end > bytes.length) return undefined
  const key = bytes.subarray(at + RECORD_HEAD_BYTES, keyEnd)
  return { key, value: valueLength === DELETED ? undefined : bytes.subarray(keyEnd, end), sizeBytes: end - at }
}

/** Of the record whose head this is. */
export function recordSize(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset)
  const valueLength = view.getUint32(2)
  return RECORD_HEAD_BYTES + view.getUint16(0) + (valueLength === DELETED ? 0 : valueLength)
}
