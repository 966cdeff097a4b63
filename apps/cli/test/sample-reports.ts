/** What validators report: measures of finalized blocks and statuses. */
import type { FinalizedBlockMeasure, NodeStatus } from '@cairn/node'
import { type Hash, ZERO_HASH, epoch, height, view } from '@cairn/primitives'

export const rootOf = (at: number): Hash => `0x${at.toString(16).padStart(64, '0')}` as Hash

export function measureAt(at: number, change: Partial<FinalizedBlockMeasure> = {}): FinalizedBlockMeasure {
  return {
    height: height(at),
    stateRoot: rootOf(at),
    finalityMs: 30,
    transactionCount: 0,
    transactionFinalityMs: [],
    ...change,
  }
}

export function statusAt(at: number, change: Partial<NodeStatus> = {}): NodeStatus {
  return {
    chainId: 1,
    genesisHash: ZERO_HASH,
    peerId: 'self',
    validatorIndex: 0,
    isAmnesiac: false,
    isSilent: false,
    timedOut: [],
    epoch: epoch(0),
    view: view(at + 1),
    height: height(at),
    blockHash: ZERO_HASH,
    stateRoot: rootOf(at),
    finalityMs: { count: 0, p50: 0, p99: 0 },
    transactionFinalityMs: { count: 0, p50: 0, p99: 0 },
    transactionCount: 0,
    mempool: { pending: 0, queued: 0 },
    peers: [],
    syncing: false,
    ...change,
  }
}
