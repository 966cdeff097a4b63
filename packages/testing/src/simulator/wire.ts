/** Messages between simulated actors: the node's gossip and requests. Values, shared by all who receive them. */
import type { Block, Certificate, Evidence, Leaving, Proposal, Status, Vote } from '@cairn/chain'
import type { ChainStatus } from '@cairn/chain'
import type { Epoch, Hash, Height, View } from '@cairn/primitives'

export type WireMessage =
  | { readonly type: 'proposal'; readonly proposal: Proposal }
  | { readonly type: 'vote'; readonly vote: Vote }
  | { readonly type: 'certificate'; readonly certificate: Certificate }
  | { readonly type: 'status'; readonly status: Status }
  | { readonly type: 'evidence'; readonly evidence: Evidence }
  | { readonly type: 'leaving'; readonly leaving: Leaving }
  | { readonly type: 'transaction'; readonly raw: Uint8Array }
  | { readonly type: 'get-block'; readonly hash: Hash }
  | { readonly type: 'block'; readonly block: Block }
  | { readonly type: 'no-block'; readonly hash: Hash }
  | { readonly type: 'get-certificates'; readonly epoch: Epoch; readonly fromView: View }
  | { readonly type: 'certificates'; readonly certificates: readonly Certificate[] }
  | { readonly type: 'get-chain-status' }
  | { readonly type: 'chain-status'; readonly status: ChainStatus }
  | {
      readonly type: 'get-range'
      readonly requestId: number
      readonly fromHeight: Height
      readonly countMax: number
    }
  /** `data`: an encoded `FinalizedRangeResponse`. */
  | { readonly type: 'range'; readonly requestId: number; readonly data: Uint8Array }

/** Takes part in a run. `slot`: index of the validator whose key it holds; two actors may share one (twins). */
export interface Actor {
  readonly slot: number
  readonly isHonest: boolean
  start(): void
  receive(message: WireMessage, from: number): void
}

/** View and block of a message, for the trace; 0 and `undefined` where it has none. */
export function subjectOf(message: WireMessage): { readonly view: number; readonly hash?: Hash } {
  switch (message.type) {
    case 'proposal':
      return { view: message.proposal.view, hash: message.proposal.block.hash }
    case 'vote':
      return message.vote
    case 'leaving':
      return { view: message.leaving.view }
    case 'certificate':
      return message.certificate
    case 'status':
      return { view: (message.status.entryProof.base?.view ?? 0) + message.status.entryProof.nullifications.length }
    case 'get-block':
    case 'no-block':
      return { view: 0, hash: message.hash }
    case 'block':
      return { view: message.block.header.view, hash: message.block.hash }
    default:
      return { view: 0 }
  }
}
