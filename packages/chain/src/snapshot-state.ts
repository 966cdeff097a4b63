/** A state that is being put together from ranges: what is there, and what is missing. */
import type { Hash } from '@cairn/primitives'
import type { GenesisExecution } from './genesis.ts'
import type { SnapshotRange } from './snapshot-requests.ts'

/** Part of a trie's key space, both bounds inclusive. */
export interface KeyInterval {
  readonly start: Hash
  readonly end: Hash
}

/** A storage trie whose account is not written yet. `next`: least key that is missing; `undefined`: it is whole. */
export interface PartialStorage {
  readonly owner: Hash
  readonly root: Hash
  readonly next: Hash | undefined
}

/** Leaves to add to a storage trie, and what is missing then. */
export interface StorageRange {
  readonly owner: Hash
  readonly items: SnapshotRange['items']
  readonly next: Hash | undefined
}

/** Where an interrupted restore stands. */
export interface OpenedRestore {
  /** Of the chain spec: what names the chain to peers. */
  readonly genesis: GenesisExecution
  /** What the last write had as `progress`; `undefined` at the beginning. */
  readonly progress: Uint8Array | undefined
  readonly storages: readonly PartialStorage[]
}
