/** What the snapshot machine is told, and what it asks for. */
import type { Block, Certificate, ChainStatus, KeyInterval, SnapshotRange, StorageRange } from '@cairn/chain'
import type { Hash } from '@cairn/primitives'
import type { SyncPeer } from '../sync-input.ts'

export type SnapshotInput =
  /** A decoded answer to a status request. What it claims decides only whom to ask for what. */
  | { readonly type: 'peer-status'; readonly peer: SyncPeer; readonly status: ChainStatus }
  | { readonly type: 'peer-gone'; readonly peer: SyncPeer }
  /** It has lied outside this machine, about an epoch or its own status. */
  | { readonly type: 'peer-condemned'; readonly peer: SyncPeer }
  /** Not looked at. */
  | { readonly type: 'response'; readonly requestId: number; readonly data: Uint8Array }
  /** `isRefused`: the peer has answered that it has not what was asked for. Else timeout, disconnect. */
  | { readonly type: 'request-failed'; readonly requestId: number; readonly isRefused: boolean }
  /** Per range whether its trie has keys after it; `undefined`: it does not hold. */
  | { readonly type: 'verified'; readonly taskId: number; readonly results: readonly (boolean | undefined)[] }
  /** `hashes`: the roots of `storages`, the missing ones of `find-codes`. */
  | { readonly type: 'step-done'; readonly taskId: number; readonly hashes: readonly Hash[] }
  /** The step does not fit what is stored: begin anew. */
  | { readonly type: 'step-refused'; readonly taskId: number }
  /** The timer of `set-timer` has fired. */
  | { readonly type: 'tick' }

/** One change of the stored state, each atomic with its `progress`; `RestorableState` performs them. */
export type SnapshotStep =
  | { readonly kind: 'storages'; readonly ranges: readonly StorageRange[]; readonly progress: Uint8Array }
  | { readonly kind: 'find-codes'; readonly hashes: readonly Hash[] }
  | { readonly kind: 'codes'; readonly codes: readonly Uint8Array[] }
  | { readonly kind: 'accounts'; readonly items: SnapshotRange['items']; readonly progress: Uint8Array }
  | {
      readonly kind: 'access-list'
      readonly accessList: Uint8Array
      readonly missing: readonly KeyInterval[]
      readonly progress: Uint8Array
    }
  | { readonly kind: 'discard' }
  /** The whole state is there: `block` is to become the head, of the state and of the chain. */
  | { readonly kind: 'finish'; readonly block: Block; readonly certificate: Certificate }

export type SnapshotProtocol = 'snapshot-chunk' | 'snapshot-codes' | 'blocks-by-hash' | 'finalized-range'

export interface RangeToVerify {
  readonly root: Hash
  readonly start: Hash
  readonly range: SnapshotRange
}

export type SnapshotEffect =
  | {
      readonly type: 'request'
      readonly requestId: number
      readonly peer: SyncPeer
      readonly protocol: SnapshotProtocol
      readonly data: Uint8Array
    }
  /** Answer with `verified`. */
  | { readonly type: 'verify'; readonly taskId: number; readonly ranges: readonly RangeToVerify[] }
  /** One is under way at a time. Answer with `step-done` or `step-refused`. */
  | { readonly type: 'step'; readonly taskId: number; readonly step: SnapshotStep }
  | { readonly type: 'penalize'; readonly peer: SyncPeer; readonly code: SnapshotFault }
  /** Ask every peer for its status. */
  | { readonly type: 'refresh-status' }
  /** Replaces the timer set before. */
  | { readonly type: 'set-timer'; readonly atMs: number }
  /** From now on nobody is left to ask, which is no failure: a new peer is waited for. `undefined`: somebody is there again. */
  | { readonly type: 'waiting'; readonly nobodyLeft: NobodyLeft | undefined }
  | { readonly type: 'finished'; readonly block: Block; readonly certificate: Certificate }
  | { readonly type: 'failed'; readonly code: SnapshotFailure }

/** Why: every known peer has been condemned or has refused. Peers. */
export interface NobodyLeft {
  readonly code: 'SNAPSHOT_NOBODY_LEFT'
  readonly condemned: number
  readonly refused: number
}

/** `SNAPSHOT_BAD_…`: what was sent does not hold; no honest node sends it. */
export type SnapshotFault =
  | 'SYNC_WRONG_CHAIN'
  | 'SNAPSHOT_BAD_CERTIFICATE'
  | 'SNAPSHOT_BAD_BLOCK'
  | 'SNAPSHOT_BAD_RANGE'
  | 'SNAPSHOT_BAD_CHUNK'
  | 'SNAPSHOT_BAD_CODE'

/**
 * `SNAPSHOT_STALLED`: who could give what is missing is silent · `SNAPSHOT_INCONSISTENT`: what was proved piece by piece is not the
 * finalized state as a whole (a broken store or core) · `SNAPSHOT_FORKED`: two certificates contradict each other
 */
export type SnapshotFailure = 'SNAPSHOT_STALLED' | 'SNAPSHOT_INCONSISTENT' | 'SNAPSHOT_FORKED'
