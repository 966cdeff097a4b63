/** @module Layer 2: catch-up by certified ranges of finalized blocks, and the answering side of it. */
export { serveFinalizedRange } from './serve-range.ts'
export type { FinalizedChainReader } from './serve-range.ts'
export type { FinalizedPoint, SyncEffect, SyncFault, SyncInput, SyncPeer } from './sync-input.ts'
export { createSync } from './sync.ts'
export type { Sync, SyncDeps, SyncOptions, SyncProgress } from './sync.ts'
