/** What the catch-up machine is told, and what it asks for. */
import type { Block, Certificate, ChainStatus } from '@cairn/chain'
import type { Hash, Height } from '@cairn/primitives'

/** A peer's name as the network gives it. */
export type SyncPeer = string

/** A finalized block by height and consensus hash. */
export interface FinalizedPoint {
  readonly height: Height
  readonly hash: Hash
}

export type SyncInput =
  /** A decoded answer to a status request, or pushed. Its height is a hint: it decides only whom to ask. */
  | { readonly type: 'peer-status'; readonly peer: SyncPeer; readonly status: ChainStatus }
  | { readonly type: 'peer-gone'; readonly peer: SyncPeer }
  /** The encoded `FinalizedRangeResponse`, not looked at. */
  | { readonly type: 'response'; readonly requestId: number; readonly data: Uint8Array }
  /** Timeout, refusal, disconnect. Every `request` is answered by `response` or this: the network has the timeout. */
  | { readonly type: 'request-failed'; readonly requestId: number }
  /** The local finalized head moved, by an `apply` or by consensus itself. */
  | { readonly type: 'head'; readonly head: FinalizedPoint }
  /** The timer of `set-timer` has fired. */
  | { readonly type: 'tick' }

export type SyncEffect =
  /** Send a `finalized-range` request. At most one is under way. */
  | {
      readonly type: 'request'
      readonly requestId: number
      readonly peer: SyncPeer
      readonly fromHeight: Height
      readonly countMax: number
    }
  /**
   * Blocks that extend the head or what was handed out before, ascending, their data checked against their headers,
   * and the verified finalization of the last one. Execute and commit in this order; then tell `head`.
   */
  | { readonly type: 'apply'; readonly blocks: readonly Block[]; readonly certificate: Certificate }
  | { readonly type: 'penalize'; readonly peer: SyncPeer; readonly code: SyncFault }
  /**
   * A verified finalization conflicts with what is finalized here at `height`: safety is broken, halt with the
   * evidence (R7).
   */
  | { readonly type: 'conflict'; readonly height: Height; readonly block: Block; readonly certificate: Certificate }
  /** Replaces the timer set before. `atMs` is on the clock of `handle`. */
  | { readonly type: 'set-timer'; readonly atMs: number }
  /** Caught up with everything that anybody claims to have. Given once each time that becomes so. */
  | { readonly type: 'done'; readonly height: Height }

/**
 * `SYNC_WRONG_CHAIN` another genesis · `SYNC_EMPTY_RANGE` nothing where the status promised blocks ·
 * `SYNC_MALFORMED` undecodable, unlinked or without certificate · `SYNC_WRONG_RANGE` does not begin where asked ·
 * `SYNC_BAD_CERTIFICATE` does not verify · `SYNC_BAD_BLOCK_DATA` data that are not the header's ·
 * `SYNC_NOT_LINKED` does not extend the local chain, without proof that it is final
 */
export type SyncFault =
  | 'SYNC_WRONG_CHAIN'
  | 'SYNC_EMPTY_RANGE'
  | 'SYNC_MALFORMED'
  | 'SYNC_WRONG_RANGE'
  | 'SYNC_BAD_CERTIFICATE'
  | 'SYNC_BAD_BLOCK_DATA'
  | 'SYNC_NOT_LINKED'
