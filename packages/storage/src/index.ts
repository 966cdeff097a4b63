/** @module Layer 4: chain store (key layout, repositories), WAL format, memory media. */
export { storedHead } from './chain-store-check.ts'
export type { ChainStoreOptions } from './chain-store-check.ts'
export { foundChainStore } from './chain-base.ts'
export type { BaseTrust, ChainBase } from './chain-base.ts'
export type { ChainBudget } from './chain-pruning.ts'
export { openChainStore } from './chain-store.ts'
export type { ChainReader, ChainStore, FinalizedBlock } from './chain-store.ts'
export type { HeadRecord, HeaderEntry, TransactionLocation } from './chain-tables.ts'
export { openEpochStore } from './epoch-store.ts'
export type { EpochBlockReader, EpochStore } from './epoch-store.ts'
export { createGroupedAppendLog } from './grouped-append-log.ts'
export type { LogMedium } from './grouped-append-log.ts'
export { walRecordMaxBytes } from './limits.ts'
export type { LogHeightsQuery } from './log-index.ts'
export { createMemoryAppendLog } from './memory-append-log.ts'
export type { MemoryLogMedium } from './memory-append-log.ts'
export { createMemoryMedium, createMemoryStore } from './memory-store.ts'
export type { MemoryMedium } from './memory-store.ts'
export { createPendingEvidence } from './pending-evidence.ts'
export type { PendingEvidence } from './pending-evidence.ts'
export { createProposedBlocks } from './proposed-blocks.ts'
export type { ProposedBlocks } from './proposed-blocks.ts'
export type { StoredExecution } from './stored-execution.ts'
export {
  crc32c,
  decodeWalFrame,
  encodeWalFrame,
  encodeWalFrames,
  scanWalFrames,
  walFrameHeaderBytes,
} from './wal-frame.ts'
export type { WalScan } from './wal-frame.ts'
