/**
 * `KeyValueStore` on a log: each batch is appended as one frame, an index in memory says where each key's newest record is.
 * Made for the executor's state: point reads and batches, synchronously; ranges only among the host's own few records
 * (keys that begin with 00), others are found by reading everything.
 *
 * Invariants: a batch is there as a whole or not at all, whatever is cut off; a file counts once its header is written,
 * which is after what it begins with is durable; so one of the two files is good at any time.
 */
import type { BatchOperation, KeyRange, KeyValueStore } from '@cairn/ports'
import { CodedError, compareBytes, equalBytes } from '@cairn/primitives'
import { STATE_LOG_GARBAGE_MIN_BYTES, STATE_LOG_MAX_BYTES, STATE_LOG_READ_BYTES } from '../limits.ts'
import type { LogFile, LogFilePair } from './log-file.ts'
import {
  FRAME_HEAD_BYTES,
  HEADER_BYTES,
  type LogRecord,
  decodeHeader,
  encodeFrame,
  encodeHeader,
  frameLength,
  isFrameWhole,
  recordAt,
  recordSize,
} from './log-records.ts'
import { createOwnKeys, isOwnRange } from './own-keys.ts'
import { createRecordIndex, hashOfKey } from './record-index.ts'

/** Bytes read for a record before its length is known: most are shorter. */
const RECORD_GUESS_BYTES = 640

export interface StateLogOptions {
  /** Less garbage is not worth copying for; default `STATE_LOG_GARBAGE_MIN_BYTES`. */
  readonly garbageMinBytes?: number
}

/** @throws CodedError `STORE_FAILED`, `STORE_FULL` */
export function openStateLogStore(
  files: LogFilePair,
  { garbageMinBytes = STATE_LOG_GARBAGE_MIN_BYTES }: StateLogOptions = {},
): KeyValueStore {
  const index = createRecordIndex()
  const ownKeys = createOwnKeys()
  let { file, spare, generation } = chooseFile(files)
  let end = HEADER_BYTES
  let liveBytes = 0
  let isClosed = false
  /** After there was no space for a copy: not before the file is so long. */
  let compactFromBytes = 0

  const readRecord = (offset: number): LogRecord => {
    const guess = file.read(offset, Math.min(RECORD_GUESS_BYTES, end - offset))
    const record = recordAt(guess, 0) ?? recordAt(file.read(offset, recordSize(guess)), 0)
    if (record === undefined) throw new CodedError('STORE_FAILED', 'the state log is shorter than its index')
    return record
  }
  const isOf =
    (key: Uint8Array) =>
    (offset: number): boolean =>
      equalBytes(readRecord(offset).key, key)
  /** A record that is in the file. */
  const note = ({ key, value, sizeBytes }: LogRecord, offset: number): void => {
    const hash = hashOfKey(key)
    if (value === undefined) liveBytes -= index.remove(hash, isOf(key))
    else liveBytes += sizeBytes - index.put(hash, { offset, sizeBytes }, isOf(key))
    ownKeys.note(key, value !== undefined)
  }
  const noteFrame = (frame: Uint8Array, start: number): void => {
    end = start + frame.length
    for (let at = FRAME_HEAD_BYTES; at < frame.length;) {
      const record = recordAt(frame, at)
      if (record === undefined) throw new CodedError('STORE_FAILED', 'a frame of the state log is malformed')
      note(record, start + at)
      at += record.sizeBytes
    }
  }
  const read = (key: Uint8Array): Uint8Array | undefined => {
    if (isClosed) throw closedError()
    const offset = index.find(hashOfKey(key), isOf(key))
    return offset === undefined ? undefined : readRecord(offset).value?.slice()
  }

  /** Every record that still counts, in the file's order. */
  const liveRecords = function* (): Iterable<LogRecord & { readonly offset: number }> {
    for (const { frame, start } of framesOf(file)) {
      for (let at = FRAME_HEAD_BYTES; at < frame.length;) {
        const record = recordAt(frame, at) as LogRecord
        const offset = start + at
        if (record.value !== undefined && index.find(hashOfKey(record.key), (other) => other === offset) === offset) {
          yield { ...record, offset }
        }
        at += record.sizeBytes
      }
    }
  }

  const compact = (): void => {
    const target = spare
    target.truncate(0)
    let at = HEADER_BYTES
    let part: BatchOperation[] = []
    let partBytes = 0
    const writePart = (): void => {
      const frame = encodeFrame(part)
      target.write(at, frame)
      at += frame.length
      part = []
      partBytes = 0
    }
    for (const { key, value, sizeBytes } of liveRecords()) {
      part.push({ type: 'put', key, value: value as Uint8Array })
      partBytes += sizeBytes
      if (partBytes >= STATE_LOG_READ_BYTES) writePart()
    }
    if (part.length > 0) writePart()
    target.flush()
    target.write(0, encodeHeader(++generation))
    target.flush()
    ;[file, spare] = [target, file]
    spare.truncate(0)
    compactFromBytes = 0
    load()
  }

  /** The batch is written: that there is no space for a copy is not its failure. */
  const compactIfPossible = (): void => {
    try {
      compact()
    } catch (error) {
      if (!isFull(error)) throw error
      compactFromBytes = end + garbageMinBytes
      spare.truncate(0)
    }
  }

  const load = (): void => {
    index.clear()
    ownKeys.clear()
    end = HEADER_BYTES
    liveBytes = 0
    for (const { frame, start } of framesOf(file)) noteFrame(frame, start)
    // What a crash has cut off in the middle.
    if (file.sizeBytes() > end) file.truncate(end)
  }

  const write = (operations: readonly BatchOperation[], isDurable: boolean): void => {
    const frame = encodeFrame(operations)
    if (end + frame.length > STATE_LOG_MAX_BYTES) throw new CodedError('STORE_FULL', 'the state log is at its limit')
    try {
      file.write(end, frame)
      if (isDurable) file.flush()
    } catch (error) {
      // Not to be found at the next start.
      file.truncate(end)
      throw error
    }
    noteFrame(frame, end)
    const garbageBytes = end - liveBytes
    if (garbageBytes > liveBytes && garbageBytes > garbageMinBytes && end > compactFromBytes) compactIfPossible()
  }

  load()
  return {
    get: async (key) => read(key),
    getSync: read,
    getMany: async (keys) => {
      if (isClosed) throw closedError()
      return keys.map(read)
    },
    batch: async (operations, options) => {
      if (isClosed) throw closedError()
      if (operations.length > 0) coded(() => write(operations, options?.durable === true))
      else if (options?.durable === true) coded(() => file.flush())
    },
    entries: async function* (range) {
      if (isClosed) throw closedError()
      const keys = isOwnRange(range) ? ownKeys.keys() : [...liveRecords()].map(({ key }) => key.slice())
      let left = range.limit ?? Number.POSITIVE_INFINITY
      for (const key of sortedWithin(keys, range)) {
        if (left-- <= 0) return
        const value = read(key)
        if (value !== undefined) yield [key, value] as const
      }
    },
    close: async () => {
      if (isClosed) return
      isClosed = true
      for (const one of files) one.close()
    },
  }
}

/** The finished file of the later generation; a first one where there is none. */
function chooseFile([a, b]: LogFilePair): { file: LogFile; spare: LogFile; generation: number } {
  const generations = [a, b].map((one) => decodeHeader(one.read(0, HEADER_BYTES)))
  const [ofA = 0, ofB = 0] = generations
  const [file, spare] = ofB > ofA ? [b, a] : [a, b]
  const generation = Math.max(ofA, ofB)
  if (spare.sizeBytes() > 0) spare.truncate(0)
  if (generation > 0) return { file, spare, generation }
  file.truncate(0)
  file.write(0, encodeHeader(1))
  file.flush()
  return { file, spare, generation: 1 }
}

/** Up to the first that is not whole. */
function* framesOf(file: LogFile): Iterable<{ readonly frame: Uint8Array; readonly start: number }> {
  const sizeBytes = file.sizeBytes()
  let part: Uint8Array = new Uint8Array(0)
  let partStart = 0
  /** `undefined`: beyond the end. Frames are small; a part of the file is read at once. */
  const bytesAt = (at: number, lengthBytes: number): Uint8Array | undefined => {
    if (at + lengthBytes > sizeBytes) return undefined
    if (at < partStart || at + lengthBytes > partStart + part.length) {
      partStart = at
      part = file.read(at, Math.max(lengthBytes, Math.min(STATE_LOG_READ_BYTES, sizeBytes - at)))
    }
    return part.subarray(at - partStart, at - partStart + lengthBytes)
  }
  for (let start = HEADER_BYTES; ;) {
    const head = bytesAt(start, FRAME_HEAD_BYTES)
    const frame = head && bytesAt(start, FRAME_HEAD_BYTES + frameLength(head))
    if (frame === undefined || frame.length === FRAME_HEAD_BYTES || !isFrameWhole(frame)) return
    yield { frame, start }
    start += frame.length
  }
}

function sortedWithin(keys: readonly Uint8Array[], { gte, lt, reverse }: KeyRange): readonly Uint8Array[] {
  const within = keys.filter(
    (key) => (gte === undefined || compareBytes(key, gte) >= 0) && (lt === undefined || compareBytes(key, lt) < 0),
  )
  within.sort(compareBytes)
  return reverse === true ? within.reverse() : within
}

function coded(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (error instanceof CodedError) throw error
    if (isFull(error)) throw new CodedError('STORE_FULL', 'no space left for the state', { cause: error })
    throw new CodedError('STORE_FAILED', `the state log failed: ${String(error)}`, { cause: error })
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError'
}

function closedError(): CodedError {
  return new CodedError('STORE_CLOSED', 'the state log is closed')
}
