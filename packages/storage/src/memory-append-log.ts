/**
 * The reference `AppendLog`: the file format of `wal-frame.ts` on a byte array that outlives the log, so that
 * tests and the simulator can tear or damage it. Invariant: `medium.bytes` is what a disk would hold after each call.
 */
import { CodedError, concatBytes } from '@cairn/primitives'
import type { AppendLog } from '@cairn/ports'
import { encodeWalFrame, scanWalFrames } from './wal-frame.ts'

/** The «disk» of one log; tear it by replacing `bytes` while no log is open on it. */
export interface MemoryLogMedium {
  bytes: Uint8Array
}

/** Opens a log on `medium`, by default an empty one. */
export function createMemoryAppendLog(medium: MemoryLogMedium = { bytes: new Uint8Array(0) }): AppendLog {
  let closed = false

  const assertOpen = (): void => {
    if (closed) throw new CodedError('STORE_CLOSED', 'the memory log is closed')
  }
  /** Cuts a torn end off, so that the next frame follows the last whole one. */
  const scan = (): readonly Uint8Array[] => {
    const { records, intactBytes } = scanWalFrames(medium.bytes, 0)
    if (intactBytes < medium.bytes.length) medium.bytes = medium.bytes.slice(0, intactBytes)
    return records
  }
  let scanned = false

  return {
    append: async (record) => {
      assertOpen()
      if (!scanned) scan()
      scanned = true
      medium.bytes = concatBytes(medium.bytes, encodeWalFrame(record, medium.bytes.length))
    },
    read: async () => {
      assertOpen()
      return scan()
    },
    replace: async (records) => {
      assertOpen()
      let bytes = new Uint8Array(0)
      for (const record of records) bytes = Uint8Array.from(concatBytes(bytes, encodeWalFrame(record, bytes.length)))
      medium.bytes = bytes
    },
    close: async () => {
      closed = true
    },
  }
}
