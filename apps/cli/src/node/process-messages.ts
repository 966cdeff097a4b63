/** What a node process and the local network that spawned it say to each other over the IPC channel. */
import type { NodeStatus } from '@cairn/node'

/** One finalized block as this node executed it. */
export interface FinalizedSample {
  readonly height: number
  /** The root that this node's own execution produced. */
  readonly stateRoot: string
  /** From the proposal's time to the finalization certificate here. */
  readonly finalityMs: number
  readonly transactionCount: number
  /** From acceptance by this node's RPC to commit here, one for each such transaction of the block. */
  readonly transactionFinalityMs: readonly number[]
}

export type NodeMessage =
  | { readonly type: 'ready'; readonly rpcPort: number; readonly addresses: readonly string[] }
  | { readonly type: 'status'; readonly status: NodeStatus }
  | { readonly type: 'finalized'; readonly block: FinalizedSample }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }

export type ParentMessage = { readonly type: 'stop' }
