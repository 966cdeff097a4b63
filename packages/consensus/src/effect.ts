/**
 * Everything a step asks of the runtime. Effects are performed **in the order given**; the ones marked
 * «answered» lead to one input later, the rest are fire and forget.
 *
 * Order that safety rests on: `persist-block` and `sign` are durable before the vote they lead to leaves
 * (R10: append, fsync, then send), which the runtime gets by awaiting the one before the other.
 */
import type { Block, Certificate, Evidence, Proposal, Status, ValidatorSet, Vote, VoteSubject } from '@cairn/chain'
import type { Epoch, Hash, Height, View } from '@cairn/primitives'
import type { From } from './input.ts'
import type { VerificationRequest } from './verification.ts'
import type { WalFloor } from './vote-guard.ts'

/** What was known when the instance stopped. `code`s: package README. */
export interface Halt {
  readonly code: 'FINALIZATION_CONFLICT' | 'FINALIZED_BLOCK_INVALID'
  readonly message: string
  readonly certificates: readonly Certificate[]
}

export type Effect =
  /** R2, answered by `built` or `build-failed`: RANDAO reveal, then build and execute a child of `parentHash`. */
  | {
      readonly type: 'build'
      readonly epoch: Epoch
      readonly view: View
      readonly parentHash: Hash
      /** Block time, milliseconds; already greater than the parent's. */
      readonly timeMs: number
    }
  /** Answered by `executed`: the built payload became this block; keep its execution under `block.hash`. */
  | { readonly type: 'adopt'; readonly buildId: number; readonly block: Block }
  /** Answered by `executed`. The parent is the committed head or was executed before. */
  | { readonly type: 'execute'; readonly block: Block }
  /**
   * Durable before the next `sign`: the block data behind an own notarize vote must survive a crash of everybody.
   * Deleted by the runtime once a block of its height is committed.
   */
  | { readonly type: 'persist-block'; readonly block: Block }
  /**
   * Answered by `signed`, unless the signer knows the view to be final. One after the other, in order. A refusal or a
   * failing log is fatal: stop the node.
   */
  | { readonly type: 'sign'; readonly subject: VoteSubject; readonly validator: number }
  /**
   * End of amnesia (R10): nothing at or below is signed, durably, before the next `sign`. `signer.compact` does it; a
   * failure is fatal.
   */
  | { readonly type: 'raise-floor'; readonly floor: WalFloor }
  /** Answered by `verified`: `performVerification(request, context)`. Any order, in parallel. */
  | {
      readonly type: 'verify'
      readonly id: number
      readonly request: VerificationRequest
      /** The set that signed, which may be of another epoch by the time the effect is performed. */
      readonly validators: ValidatorSet
    }
  /** To everybody. */
  | { readonly type: 'broadcast-proposal'; readonly proposal: Proposal }
  /**
   * `to`: indices of those who collect the votes of the view, in the set of the vote's epoch; everybody where it is absent, and
   * where the runtime does not reach them.
   */
  | { readonly type: 'broadcast-vote'; readonly vote: Vote; readonly to?: readonly number[] }
  /** R6 «send once». `gossiped`: the overlay is forwarding it already; a gossip network may skip it. */
  | { readonly type: 'broadcast-certificate'; readonly certificate: Certificate; readonly gossiped: boolean }
  | { readonly type: 'broadcast-status'; readonly status: Status }
  /** Verified: votes or certificates of one view that no honest signer lets exist. */
  | { readonly type: 'broadcast-evidence'; readonly evidence: Evidence }
  /** Signed (`signer.signLeaving`) and sent to everybody at once: this node may be gone in a moment. */
  | { readonly type: 'announce-leaving'; readonly epoch: Epoch; readonly view: View; readonly validator: number }
  /** To one peer. */
  | { readonly type: 'send-status'; readonly status: Status; readonly to: From }
  /** Into the WAL, for liveness: no fsync of its own is needed. */
  | { readonly type: 'log-certificate'; readonly certificate: Certificate }
  /**
   * Answered by `block-fetched` or `fetch-failed`. Look among the blocks of `persist-block` first (an own earlier
   * run may be the last holder), then ask `hints`, peers that showed the hash, then others.
   */
  | { readonly type: 'fetch-block'; readonly hash: Hash; readonly hints: readonly From[] }
  /**
   * Certs(epoch, from view): each certificate in the answer comes as a `certificate` input. `hint`: a peer that is ahead.
   * Of an epoch that is over there, the answer is the finalization of its last block.
   */
  | {
      readonly type: 'fetch-certificates'
      readonly epoch: Epoch
      readonly fromView: View
      readonly hint: From | undefined
    }
  /** R7: ancestors first, all of them executed; the last one is the finalized block. One atomic unit with the certificate. */
  | { readonly type: 'commit'; readonly blocks: readonly Block[]; readonly finalization: Certificate }
  /** A verified finalization whose block is more than `FETCH_DEPTH_MAX` above the head: sync, then input `synced`. */
  | { readonly type: 'behind'; readonly finalization: Certificate; readonly height: Height }
  /** Replaces the timer set before. `atMs`: monotonic. */
  | { readonly type: 'set-timer'; readonly atMs: number }
  /** The peer sent what no honest node sends (an unverified vote may be relayed by an honest one: score it mildly). */
  | { readonly type: 'report-peer'; readonly peer: From; readonly code: PeerFault }
  /** Nothing more comes out of this instance: more than a third of the weight is Byzantine, or this node is broken. */
  | { readonly type: 'halt'; readonly halt: Halt }

/** Reasons of `report-peer`. */
export type PeerFault =
  | 'VOTE_MALFORMED'
  | 'VOTE_SIGNATURE_INVALID'
  | 'CERTIFICATE_MALFORMED'
  | 'CERTIFICATE_SIGNATURE_INVALID'
  | 'PROPOSAL_MALFORMED'
  | 'PROPOSAL_SIGNATURE_INVALID'
  | 'BLOCK_DATA_INVALID'
  | 'STATUS_MALFORMED'
  | 'EVIDENCE_INVALID'
  | 'LEAVING_INVALID'
