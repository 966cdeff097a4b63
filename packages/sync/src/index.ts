/** @module Layer 2: catch-up by certified ranges of finalized blocks, and the answering side of it. */
export { serveFinalizedRange } from './serve-range.ts'
export type { FinalizedChainReader } from './serve-range.ts'
export type { SnapshotEffect, SnapshotFailure, SnapshotInput, SnapshotStep } from './snapshot/snapshot-input.ts'
export { createSnapshotSync } from './snapshot/snapshot-sync.ts'
export type { SnapshotProgress } from './snapshot/snapshot-sync.ts'
export type { FinalizedPoint, SyncEffect, SyncFault, SyncInput, SyncPeer } from './sync-input.ts'
export { createSync } from './sync.ts'
export type { Sync, SyncDeps, SyncOptions, SyncProgress } from './sync.ts'
