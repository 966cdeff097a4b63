/**
 * Everything that can happen to a consensus instance. The runtime turns messages, timers and finished
 * effects into these; nothing else reaches the rules. Inputs that a peer caused carry `from`, so that the
 * rules can say whom to blame. Decoders have already bounded every byte string and list (chain's limits).
 */
import type {
  Block,
  Certificate,
  ConsensusHeader,
  EpochState,
  Evidence,
  Leaving,
  Proposal,
  Status,
  Vote,
  VoteSubject,
} from '@cairn/chain'
import type { Hash, Verdict, View } from '@cairn/primitives'
import type { VerificationResult } from './verification.ts'
import type { WalFloor } from './vote-guard.ts'

/** The sender of a message: the network's peer id. */
export type From = string

/** Time handed to a step. Timers and back-off use the monotonic clock only. */
export interface Now {
  /** Never goes back; origin unspecified, milliseconds. */
  readonly monotonicMs: number
  /** Unix time, milliseconds; read only where a block time is chosen or checked (R2, R3). */
  readonly wallMs: number
}

/** The newest block that the stores hold as committed, and the certificate that finalized it. */
export interface FinalizedHead {
  readonly header: ConsensusHeader
  readonly hash: Hash
  /** Its own or a descendant's of the same epoch; `undefined` only for genesis. */
  readonly finalization: Certificate | undefined
  /** As of this block: the set that decides its child. */
  readonly epochState: EpochState
}

/** Messages of the rules of one epoch. */
export type EpochMessage = Extract<Input, { type: 'proposal' | 'vote' | 'certificate' | 'status' | 'leaving' }>

/** The inputs that come by gossip. */
export type Message = EpochMessage | Extract<Input, { type: 'evidence' }>

export type Input =
  /** First input, exactly once. Own flags come before anything else (R10); blocks are those kept by `persist-block`. */
  | {
      readonly type: 'start'
      readonly head: FinalizedHead
      /** Subjects of every vote record in the WAL, in any order; `recoverFromWal(...).ownVotes`. */
      readonly ownVotes: readonly VoteSubject[]
      /** `recoverFromWal(...).floor`: no vote at or below it, whatever the stores say about the head. */
      readonly floor: WalFloor | undefined
      /** Certificates from the WAL; they are verified again, because a store is untrusted input in a tab. */
      readonly certificates: readonly Certificate[]
      /** Blocks of `persist-block` above the head, in any order. */
      readonly blocks: readonly Block[]
      /** R10: the log of a key that has voted before is gone or damaged. It abstains until that is safe to end. */
      readonly isAmnesiac?: boolean
    }
  | { readonly type: 'proposal'; readonly proposal: Proposal; readonly from: From }
  | { readonly type: 'vote'; readonly vote: Vote; readonly from: From }
  /** `gossiped`: came as a gossip message of its own, so the overlay forwards it without us. */
  | { readonly type: 'certificate'; readonly certificate: Certificate; readonly from: From; readonly gossiped: boolean }
  | { readonly type: 'status'; readonly status: Status; readonly from: From }
  | { readonly type: 'evidence'; readonly evidence: Evidence; readonly from: From }
  | { readonly type: 'leaving'; readonly leaving: Leaving; readonly from: From }
  /** This node is about to go, or to be frozen: it says so and falls silent; if it still runs after a while, it goes on. */
  | { readonly type: 'leave' }
  /** Answer to `fetch-block`. `block.hash` is the computed hash, never the peer's word. `from` is `undefined` for the own store. */
  | { readonly type: 'block-fetched'; readonly block: Block; readonly from: From | undefined }
  /** No peer had the block. It is asked for again at the next standstill tick. */
  | { readonly type: 'fetch-failed'; readonly hash: Hash }
  /**
   * Answer to `execute`, and to `adopt` (accept). `reject`: invalid block, by consensus; with code `BLOCK_DATA_…`
   * only these bytes are not the header's, and others are fetched. `ignore`: not decided, tried again at standstill.
   */
  | { readonly type: 'executed'; readonly hash: Hash; readonly verdict: Verdict }
  /** Answer to `build`. */
  | {
      readonly type: 'built'
      readonly view: View
      readonly parentHash: Hash
      readonly timeMs: number
      /** Handed back in `adopt`. */
      readonly buildId: number
      readonly payload: Uint8Array
      readonly accessList: Uint8Array
      readonly executionBlockHash: Hash
      readonly stateRoot: Hash
      readonly accessListHash: Hash
      /** Own RANDAO reveal of (epoch, view); `signRandao` of the signer. */
      readonly randaoReveal: Uint8Array
    }
  /** The executor could not build. No proposal in this view; the timers run. */
  | { readonly type: 'build-failed'; readonly view: View }
  /** Answer to `sign`: the own vote, durable in the WAL and signed. */
  | { readonly type: 'signed'; readonly vote: Vote }
  /** Answer to `verify` with the same id. */
  | { readonly type: 'verified'; readonly id: number; readonly result: VerificationResult }
  /** Sync moved the committed head by itself (after `behind`, or at any time). The certificate is verified. */
  | {
      readonly type: 'synced'
      readonly head: FinalizedHead
      /** What sync committed since the last head, oldest first: their evidence counts for the blocks to come. */
      readonly blocks?: readonly Block[]
    }
  /** The time of the last `set-timer` has come. Early, late or doubled calls are harmless. */
  | { readonly type: 'timer' }
  /** Whether the mempool holds a transaction that could go into the next block. Send on each change; `true` wakes an idle leader. */
  | { readonly type: 'transactions-pending'; readonly pending: boolean }
  /** A peer is ready for messages; it gets a Status. */
  | { readonly type: 'peer-connected'; readonly peer: From }
