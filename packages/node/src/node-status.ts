/** A node's view of itself: what status RPC, terminal table and page show. Plain data, safe to clone. */
import type { Epoch, Hash, Height, View } from '@cairn/primitives'
import type { PeerSummary } from '@cairn/ports'
import type { Quantiles } from './latency-window.ts'

export interface NodeStatus {
  readonly chainId: number
  readonly genesisHash: Hash
  readonly peerId: string
  /** Index in the current validator set; `undefined` when this node does not vote. */
  readonly validatorIndex: number | undefined
  /** R10: the vote log was lost; this validator abstains until it is safe to vote. */
  readonly isAmnesiac: boolean
  /** A validator that slept, or is leaving, votes for nothing for a moment. */
  readonly isSilent: boolean
  /** By validator index of the epoch: views led by it that this node gave up because a timer ran out, since the start. */
  readonly timedOut: readonly number[]
  readonly epoch: Epoch
  readonly view: View
  readonly height: Height
  readonly blockHash: Hash
  /** Root that this node's own execution of the head produced. */
  readonly stateRoot: Hash
  /** Proposal's time to finalization certificate, as seen here. */
  readonly finalityMs: Quantiles
  /** RPC acceptance to commit, for transactions accepted here. */
  readonly transactionFinalityMs: Quantiles
  readonly transactionCount: number
  readonly mempool: { readonly pending: number; readonly queued: number }
  readonly peers: readonly PeerSummary[]
  readonly syncing: boolean
  /** Best height that peers claim, while `syncing`. */
  readonly syncTargetHeight?: Height
}
