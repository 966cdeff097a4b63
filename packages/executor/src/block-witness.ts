/**
 * Witnesses of committed blocks, and execution from a witness alone (`wasm-core/ABI.md` 16 and 17).
 *
 * Which headers a block needs: BLOCKHASH reads the EIP-2935 contract here, so the oldest ancestor asked for shows as a
 * read of that contract's storage. A verifier that answers BLOCKHASH from headers needs those; updating that storage's
 * trie reads neighbouring slots too, so there may be more, never fewer.
 */
import { decodePayload } from '@cairn/chain'
import type { ChainSpec } from '@cairn/chain'
import type { BlockWitness, ExecutedBlock, StatelessOutcome, StatelessRequest } from '@cairn/ports'
import { CodedError, height as heightFrom } from '@cairn/primitives'
import type { Address, Hash, Height } from '@cairn/primitives'
import { encodeExecute, readExecuteOutcome } from './abi/block.ts'
import { encodeExecuteStateless, readWitness } from './abi/witness.ts'
import { operations } from './core-instance.ts'
import type { Core } from './core-instance.ts'
import { WITNESS_MAX_BYTES } from './limits.ts'
import type { PastState } from './past-state.ts'
import type { SenderCache } from './sender-cache.ts'
import type { StateHost } from './state-host.ts'
import { addressHashOf, slotHashOf, slotKey, textFromBytes } from './state-key.ts'
import type { UndoHistory } from './undo-history.ts'

export interface BlockWitnesses {
  /** As the port's `witness`. */
  witness(payload: Uint8Array, height: Height): Promise<BlockWitness>
  /** As the port's `executeStateless`. */
  executeStateless(request: StatelessRequest): Promise<StatelessOutcome>
}

export interface BlockWitnessDependencies {
  readonly chainSpec: ChainSpec
  readonly core: Core
  readonly history: UndoHistory
  readonly host: StateHost
  readonly senders: SenderCache
  readonly head: () => ExecutedBlock
}

export function createBlockWitnesses(deps: BlockWitnessDependencies): BlockWitnesses {
  const requestOf = async (parentHeader: Uint8Array, payload: Uint8Array): Promise<Uint8Array | undefined> => {
    const decoded = decodePayload(payload)
    if (!decoded.ok) return undefined
    const senders = await deps.senders.senders(decoded.value.transactions)
    return encodeExecute({ chain: deps.chainSpec, parentHeader, payload, senders, wantsUndo: false })
  }

  return {
    witness: async (payload, height) => {
      const head = deps.head()
      if (height === 0 || height > head.height) throw new CodedError('UNKNOWN_BLOCK', `no block ${height} was executed`)
      const parent = heightFrom(height - 1)
      const past = await deps.history.at(parent, head)
      const request = await requestOf(past.block.executionHeader, payload)
      if (request === undefined) throw new CodedError('UNKNOWN_BLOCK', 'the payload does not decode')
      const watched = watchAncestors(past)
      const result = await deps.host.evaluate(operations.witness, request, { layers: [], past: watched.past })
      if (result.status === 'invalid') {
        throw new CodedError('UNKNOWN_BLOCK', `the payload is not block ${height}: ${result.code}`)
      }
      const witness = readWitness(result.body)
      assertBounded(witness)
      return { ...witness, oldestHeaderHeight: watched.oldest() }
    },
    executeStateless: async ({ parentHeader, payload, witness }) => {
      const execute = await requestOf(parentHeader, payload)
      if (execute === undefined) return { valid: false, code: 'PAYLOAD_MALFORMED', message: 'does not decode' }
      try {
        assertBounded(witness)
        const request = encodeExecuteStateless(execute, witness)
        const result = deps.core.run(operations.executeStateless, request, () => null)
        if (result.status === 'need') throw new CodedError('CORE_RESPONSE_MALFORMED', 'NEED without a state')
        if (result.status === 'invalid') return { valid: false, code: result.code, message: result.message }
        const { blockHash, stateRoot, gasUsed, receipts } = readExecuteOutcome(result.body)
        return { valid: true, executionBlockHash: blockHash, stateRoot, gasUsed, receipts: receipts.slice() }
      } catch (error) {
        if (!(error instanceof CodedError) || !foreignFaults.has(error.code)) throw error
        return { valid: false, code: error.code, message: error.message }
      }
    },
  }
}

/** What the request brings about by itself, not this node. */
const foreignFaults: ReadonlySet<string> = new Set([
  'WITNESS_INCOMPLETE',
  'WITNESS_TOO_LARGE',
  'CORE_PARENT_HEADER_MALFORMED',
])

/** EIP-2935: hashes of the last 8 191 blocks, by number modulo that. */
const HISTORY_CONTRACT = addressHashOf('0x0000f90827f1c53a10cb7a02335b175320002935' as Address)
const HISTORY_SERVE_WINDOW = 8191
/** How far BLOCKHASH reaches. */
const BLOCKHASH_WINDOW = 256

/** `past`, and the least height of an ancestor whose hash was read through it. */
function watchAncestors(past: PastState): { readonly past: PastState; oldest(): Height } {
  const parent = past.block.height
  const heights = new Map<string, number>()
  for (let at = parent; at >= 0 && at > parent - BLOCKHASH_WINDOW; at--) {
    const slot = `0x${(at % HISTORY_SERVE_WINDOW).toString(16).padStart(64, '0')}` as Hash
    heights.set(textFromBytes(slotKey(HISTORY_CONTRACT, slotHashOf(slot))), at)
  }
  let oldest: number = parent
  const note = (key: string): void => {
    const read = heights.get(key)
    if (read !== undefined && read < oldest) oldest = read
  }
  const { findSync } = past
  const watched: PastState = {
    block: past.block,
    find: (key) => {
      note(key)
      return past.find(key)
    },
  }
  const noted = (key: string): Uint8Array | null | undefined => {
    note(key)
    return findSync?.(key)
  }
  return {
    past: findSync === undefined ? watched : { ...watched, findSync: noted },
    oldest: () => heightFrom(oldest),
  }
}

/** @throws CodedError `WITNESS_TOO_LARGE` */
function assertBounded({ state, codes }: Pick<BlockWitness, 'state' | 'codes'>): void {
  let sizeBytes = 0
  for (const part of [...state, ...codes]) sizeBytes += part.length
  if (sizeBytes <= WITNESS_MAX_BYTES) return
  throw new CodedError('WITNESS_TOO_LARGE', `a witness of ${sizeBytes} bytes`, {
    data: { sizeBytes, maxBytes: WITNESS_MAX_BYTES },
  })
}
