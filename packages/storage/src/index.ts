/** @module Layer 4: key layout and repositories over a key-value store, WAL format, memory media. */
export { walRecordMaxBytes } from './limits.ts'
export { createMemoryAppendLog } from './memory-append-log.ts'
export type { MemoryLogMedium } from './memory-append-log.ts'
export { createMemoryMedium, createMemoryStore } from './memory-store.ts'
export type { MemoryMedium } from './memory-store.ts'
export { crc32c, decodeWalFrame, encodeWalFrame, scanWalFrames, walFrameHeaderBytes } from './wal-frame.ts'
export type { WalScan } from './wal-frame.ts'
