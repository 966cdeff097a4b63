/**
 * Witnesses of committed blocks, and execution from a witness alone (`wasm-core/ABI.md` 16 and 17).
 */
import { decodePayload } from '@cairn/chain'
import type { ChainSpec } from '@cairn/chain'
import type { BlockWitness, ExecutedBlock, StatelessOutcome, StatelessRequest } from '@cairn/ports'
import { CodedError, height as heightFrom } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import { encodeExecute, readExecuteOutcome } from './abi/block.ts'
import { encodeExecuteStateless, readWitness } from './abi/witness.ts'
import { operations } from './core-instance.ts'
import type { Core } from './core-instance.ts'
import { WITNESS_MAX_BYTES } from './limits.ts'
import type { SenderCache } from './sender-cache.ts'
import type { StateHost } from './state-host.ts'
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
      const result = await deps.host.evaluate(operations.witness, request, { layers: [], past })
      if (result.status === 'invalid') {
        throw new CodedError('UNKNOWN_BLOCK', `the payload is not block ${height}: ${result.code}`)
      }
      const { ancestor, ...witness } = readWitness(result.body)
      assertBounded(witness)
      const oldestHeaderHeight = ancestor === undefined ? parent : heightFrom(Math.min(parent, Number(ancestor)))
      return { ...witness, oldestHeaderHeight }
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

/** @throws CodedError `WITNESS_TOO_LARGE` */
function assertBounded({ state, codes }: Pick<BlockWitness, 'state' | 'codes'>): void {
  let sizeBytes = 0
  for (const part of [...state, ...codes]) sizeBytes += part.length
  if (sizeBytes <= WITNESS_MAX_BYTES) return
  throw new CodedError('WITNESS_TOO_LARGE', `a witness of ${sizeBytes} bytes`, {
    data: { sizeBytes, maxBytes: WITNESS_MAX_BYTES },
  })
}
