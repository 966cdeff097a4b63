/** What a node process and the local network that spawned it say to each other over the IPC channel. */
import type { FinalizedBlockMeasure, NodeStatus } from '@cairn/node'

/** The node serves RPC and is dialable. */
export interface ReadyMessage {
  readonly type: 'ready'
  readonly rpcPort: number
  /** libp2p addresses it listens on, with its peer id. */
  readonly addresses: readonly string[]
  readonly genesisHash: string
  /** What the genesis header has besides the chain spec: light tabs compute nothing. */
  readonly genesisExecution: { readonly executionBlockHash: string; readonly stateRoot: string }
}

export type NodeMessage =
  | ReadyMessage
  | { readonly type: 'status'; readonly status: NodeStatus }
  | { readonly type: 'finalized'; readonly block: FinalizedBlockMeasure }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }

/** Ask for a clean stop. */
export interface ParentMessage {
  readonly type: 'stop'
}
