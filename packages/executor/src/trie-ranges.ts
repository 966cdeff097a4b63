/** Ranges of the state's tries with boundary proofs: the chunks of a snapshot (`wasm-core/ABI.md` 14 and 15). */
import type { SnapshotRange } from '@cairn/chain'
import type { ExecutedBlock, TrieRangeRequest } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import { encodeRangeProve, encodeRangeVerify, readRangeProve, readRangeVerify } from './abi/range.ts'
import { operations } from './core-instance.ts'
import type { Core } from './core-instance.ts'
import { PROOF_NODE_MAX_BYTES, RANGE_ITEMS_MAX, RANGE_MAX_BYTES, RANGE_PROOF_NODES_MAX } from './limits.ts'
import { pastStateAt } from './past-state.ts'
import type { StateHost } from './state-host.ts'
import type { UndoHistory } from './undo-history.ts'

export interface TrieRanges {
  /** As the port's `trieRange`. */
  prove(request: TrieRangeRequest, at: Height | undefined): Promise<SnapshotRange & { readonly hasMore: boolean }>
  /** As the port's `verifyTrieRange`. */
  verify(root: Hash, start: Hash, range: SnapshotRange): boolean | undefined
}

export interface TrieRangeDependencies {
  readonly core: Core
  readonly history: UndoHistory
  readonly host: StateHost
  readonly head: () => ExecutedBlock
}

export function createTrieRanges(deps: TrieRangeDependencies): TrieRanges {
  return {
    prove: async ({ owner, start, maxBytes }, at) => {
      const past = await pastStateAt(at, deps.head(), deps.history)
      const { stateRoot } = past?.block ?? deps.head()
      const bounds = { maxItems: RANGE_ITEMS_MAX, maxBytes: Math.min(maxBytes, RANGE_MAX_BYTES) }
      const request = encodeRangeProve({ stateRoot, owner, start, ...bounds })
      const result = await deps.host.evaluate(operations.rangeProve, request, { layers: [], past })
      if (result.status === 'ok') return readRangeProve(result.body)
      throw new CodedError('STATE_CORRUPT', result.message, { data: { reason: result.code } })
    },
    verify: (root, start, range) => {
      if (!isBounded(range)) return undefined
      const result = deps.core.run(operations.rangeVerify, encodeRangeVerify(root, start, range), () => null)
      return result.status === 'ok' ? readRangeVerify(result.body) : undefined
    },
  }
}

function isBounded({ items, proof }: SnapshotRange): boolean {
  if (items.length > RANGE_ITEMS_MAX || proof.length > RANGE_PROOF_NODES_MAX) return false
  return proof.every((node) => node.length <= PROOF_NODE_MAX_BYTES)
}
