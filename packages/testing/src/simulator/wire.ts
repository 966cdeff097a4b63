/** Messages between simulated actors: the node's gossip and requests, as values. */
import type { Block, Certificate, Evidence, Proposal, Status, Vote } from '@cairn/chain'
import type { FinalizedHead } from '@cairn/consensus'
import type { Epoch, Hash, Height, View } from '@cairn/primitives'

export type WireMessage =
  | { readonly type: 'proposal'; readonly proposal: Proposal }
  | { readonly type: 'vote'; readonly vote: Vote }
  | { readonly type: 'certificate'; readonly certificate: Certificate }
  | { readonly type: 'status'; readonly status: Status }
  | { readonly type: 'evidence'; readonly evidence: Evidence }
  | { readonly type: 'get-block'; readonly hash: Hash }
  | { readonly type: 'block'; readonly block: Block }
  | { readonly type: 'get-certificates'; readonly epoch: Epoch; readonly fromView: View }
  | { readonly type: 'certificates'; readonly certificates: readonly Certificate[] }
  | { readonly type: 'get-range'; readonly above: Height }
  | { readonly type: 'range'; readonly blocks: readonly Block[]; readonly head: FinalizedHead }

/** Takes part in a run. `slot`: index of the validator whose key it holds; two actors may share one (twins). */
export interface Actor {
  readonly slot: number
  readonly isHonest: boolean
  start(): void
  receive(message: WireMessage, from: number): void
}
