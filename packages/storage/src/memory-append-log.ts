/**
 * The reference `AppendLog`: the frames of `wal-frame.ts` in a byte array that outlives the log, so that tests and
 * the simulator can tear or damage it. Invariant: `medium.bytes` is what a disk would hold after each call.
 */
import { concatBytes } from '@cairn/primitives'
import type { AppendLog } from '@cairn/ports'
import { createGroupedAppendLog } from './grouped-append-log.ts'
import { encodeWalFrames, scanWalFrames } from './wal-frame.ts'

/** The «disk» of one log; tear it by replacing `bytes` while no log is open on it. */
export interface MemoryLogMedium {
  bytes: Uint8Array
}

/** Opens a log on `medium`, by default an empty one. */
export function createMemoryAppendLog(medium: MemoryLogMedium = { bytes: new Uint8Array(0) }): AppendLog {
  let isScanned = false
  /** Cuts a torn end off, so that the next frame follows the last whole one. */
  const scan = (): readonly Uint8Array[] => {
    const { records, intactBytes } = scanWalFrames(medium.bytes, 0)
    medium.bytes = medium.bytes.subarray(0, intactBytes)
    isScanned = true
    return records
  }
  return createGroupedAppendLog({
    append: async (records) => {
      if (!isScanned) scan()
      medium.bytes = concatBytes(medium.bytes, encodeWalFrames(records, medium.bytes.length))
    },
    read: async () => scan(),
    replace: async (records) => {
      medium.bytes = encodeWalFrames(records, 0)
    },
    close: async () => {},
  })
}
