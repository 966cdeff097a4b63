/**
 * Executed blocks that are not committed, as a tree on the committed head: one layer of changes each. Consensus may
 * execute competing children and only later learn which one is final.
 */
import { CodedError } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import type { ExecutedBlock } from '@cairn/ports'
import type { ExecutionOutcome } from './abi/block.ts'
import { layerFromChangeset } from './abi/changeset.ts'
import type { ChangesetEntry } from './abi/changeset.ts'
import { PENDING_BLOCKS_MAX, PENDING_MAX_BYTES } from './limits.ts'
import type { StateLayer } from './state-host.ts'

/** One execution with everything a commit needs. */
export interface Execution {
  readonly block: ExecutedBlock
  readonly parentHash: Hash
  readonly changes: readonly ChangesetEntry[]
  readonly layer: StateLayer
  /** Encoded changeset of the values before. */
  readonly undo: Uint8Array
  readonly receipts: Uint8Array
  /** Encoded; see `transactionOutcomes`. */
  readonly results: Uint8Array
  /** Size of the response that the parts above are views of. */
  readonly sizeBytes: number
}

/** An executed block to build on. */
export interface ExecutedState {
  readonly block: ExecutedBlock
  /** Newest first, down to the committed head's state. */
  readonly layers: readonly StateLayer[]
}

export interface PendingTree {
  head(): ExecutedBlock
  /** Head or pending block. */
  state(blockHash: Hash): ExecutedState | undefined
  execution(blockHash: Hash): Execution | undefined
  /** @throws CodedError `PENDING_FULL` */
  insert(execution: Execution): void
  /** Makes a child of the head the head; everything that does not descend from it goes. */
  advance(execution: Execution): void
  /** Head first. */
  hashes(): readonly Hash[]
}

export function createPendingTree(genesisOrHead: ExecutedBlock): PendingTree {
  const pending = new Map<Hash, Execution>()
  let head = genesisOrHead
  let sizeBytes = 0

  const state = (blockHash: Hash): ExecutedState | undefined => {
    const block = blockHash === head.blockHash ? head : pending.get(blockHash)?.block
    if (block === undefined) return undefined
    const layers: StateLayer[] = []
    let hash = blockHash
    while (hash !== head.blockHash) {
      const execution = pending.get(hash)
      if (execution === undefined) return undefined
      layers.push(execution.layer)
      hash = execution.parentHash
    }
    return { block, layers }
  }

  return {
    state,
    head: () => head,
    execution: (blockHash) => pending.get(blockHash),
    insert: (execution) => {
      if (pending.size >= PENDING_BLOCKS_MAX || sizeBytes + execution.sizeBytes > PENDING_MAX_BYTES) {
        throw new CodedError('PENDING_FULL', `${pending.size} executed blocks of ${sizeBytes} bytes wait for commit`)
      }
      pending.set(execution.block.blockHash, execution)
      sizeBytes += execution.sizeBytes
    },
    advance: (execution) => {
      head = execution.block
      pending.delete(head.blockHash)
      // Parents stand before their children, so one pass drops whole branches.
      for (const [hash, { parentHash }] of pending) {
        if (parentHash !== head.blockHash && !pending.has(parentHash)) pending.delete(hash)
      }
      sizeBytes = 0
      for (const { sizeBytes: size } of pending.values()) sizeBytes += size
    },
    hashes: () => [head.blockHash, ...pending.keys()],
  }
}

/** The core's answer under the block's consensus name. */
export function executionFromOutcome(
  outcome: ExecutionOutcome,
  name: { readonly blockHash: Hash; readonly parentHash: Hash; readonly height: Height; readonly header: Uint8Array },
): Execution {
  return {
    parentHash: name.parentHash,
    block: {
      blockHash: name.blockHash,
      height: name.height,
      executionBlockHash: outcome.blockHash,
      stateRoot: outcome.stateRoot,
      accessListHash: outcome.accessListHash,
      gasUsed: outcome.gasUsed,
      executionHeader: name.header.slice(),
    },
    changes: outcome.changes,
    layer: layerFromChangeset(outcome.changes),
    undo: outcome.undo,
    receipts: outcome.receipts,
    results: outcome.results,
    sizeBytes: outcome.receipts.buffer.byteLength,
  }
}
