/** A log file in memory that outlives its store, can be cut off, damaged, and filled up. */
import type { LogFile } from '../../src/state-log/log-file.ts'

export interface MemoryLogFile extends LogFile {
  /** What is in the file. */
  bytes: Uint8Array
  /** A write beyond it fails as the browser's does. */
  quotaBytes: number
  writeCount: number
  /** The write of this number, from 1, is cut off in the middle, and so are all later ones entirely. */
  tearAt: number | undefined
}

export function createMemoryLogFile(): MemoryLogFile {
  const file: MemoryLogFile = {
    bytes: new Uint8Array(0),
    quotaBytes: Number.POSITIVE_INFINITY,
    writeCount: 0,
    tearAt: undefined,
    sizeBytes: () => file.bytes.length,
    read: (at, lengthBytes) => file.bytes.slice(at, at + lengthBytes),
    write: (at, bytes) => {
      file.writeCount++
      const isTorn = file.tearAt !== undefined && file.writeCount >= file.tearAt
      const length = isTorn ? (file.writeCount === file.tearAt ? bytes.length >> 1 : 0) : bytes.length
      if (at + length > file.quotaBytes) {
        const error = new Error('quota')
        error.name = 'QuotaExceededError'
        throw error
      }
      const next = new Uint8Array(Math.max(file.bytes.length, at + length))
      next.set(file.bytes)
      next.set(bytes.subarray(0, length), at)
      file.bytes = next
      if (isTorn) throw new Error('torn')
    },
    truncate: (sizeBytes) => {
      if (file.tearAt !== undefined && file.writeCount >= file.tearAt) return
      file.bytes = file.bytes.slice(0, sizeBytes)
    },
    flush: () => {},
    close: () => {},
  }
  return file
}
