/**
 * Verifying blocks on any executed parent. The payload's Ethereum rules are the core's; what is checked here is that
 * payload, access list and consensus header say the same.
 */
import { decodePayload } from '@cairn/chain'
import type { ChainSpec, ExecutionBody } from '@cairn/chain'
import type { ExecuteRequest } from '@cairn/ports'
import { ACCEPT, CodedError, equalBytes, ignore, reject } from '@cairn/primitives'
import type { Address, Height, Verdict } from '@cairn/primitives'
import { encodeExecute, readExecuteOutcome, transactionOutcomes } from './abi/block.ts'
import type { ExecutionOutcome } from './abi/block.ts'
import { prefetchKeys } from './access-list-prefetch.ts'
import type { BlockDependencies } from './block-builder.ts'
import { operations } from './core-instance.ts'
import { NEED_ROUNDS_WITH_ACCESS_LIST_MAX } from './limits.ts'
import { executionFromOutcome } from './pending-tree.ts'
import type { ExecutedState } from './pending-tree.ts'
import type { SenderCache } from './sender-cache.ts'
import type { EvaluationResult } from './state-host.ts'

/**
 * Accepted: the block is in the pending tree. An unknown parent is nobody's fault: `ignore`.
 * @throws CodedError `PENDING_FULL` and the core's
 */
export async function verifyBlock(deps: BlockDependencies, request: ExecuteRequest): Promise<Verdict> {
  const { chainSpec, senders, tree } = deps
  if (tree.state(request.blockHash) !== undefined) return ACCEPT
  const parent = tree.state(request.parentHash)
  if (parent === undefined) return ignore('UNKNOWN_PARENT')
  if (request.payload.length + request.accessList.length > chainSpec.blockSizeMaxBytes) return reject('BLOCK_TOO_LARGE')
  const decoded = decodePayload(request.payload)
  if (!decoded.ok) return reject('PAYLOAD_MALFORMED')
  const fault = headerFault(request, decoded.value, parent.block.height, chainSpec)
  if (fault !== undefined) return reject(fault)
  const { transactions, headerBytes } = decoded.value
  const known = await senders.senders(transactions)
  const startMs = deps.clock.monotonicMs()
  const result = await evaluate(deps, request, parent, known)
  if (result === undefined) return reject('ACCESS_LIST_MISMATCH')
  if (result.status === 'invalid') return reject(result.code)
  const outcome = readExecuteOutcome(result.body)
  deps.gasBudget.record(outcome.gasUsed, deps.clock.monotonicMs() - startMs)
  const mismatch = outcomeFault(request, outcome)
  if (mismatch !== undefined) return reject(mismatch)
  rememberSenders(senders, transactions, known, outcome)
  const { blockHash, parentHash, height } = request
  tree.insert(executionFromOutcome(outcome, { blockHash, parentHash, height, header: headerBytes }))
  return ACCEPT
}

/** `undefined`: the block reads more than its access list names. */
async function evaluate(
  deps: BlockDependencies,
  request: ExecuteRequest,
  parent: ExecutedState,
  senders: readonly (Address | undefined)[],
): Promise<EvaluationResult | undefined> {
  const encoded = encodeExecute({
    chain: deps.chainSpec,
    parentHeader: parent.block.executionHeader,
    payload: request.payload,
    senders,
    wantsUndo: deps.wantsUndo,
  })
  try {
    return await deps.host.evaluate(operations.execute, encoded, {
      layers: parent.layers,
      prefetch: () => prefetchKeys(request.accessList),
      roundsMax: NEED_ROUNDS_WITH_ACCESS_LIST_MAX,
    })
  } catch (error) {
    // Where the store reads synchronously the same block fails by comparison of the lists.
    if (error instanceof CodedError && error.code === 'STATE_NEED_ROUNDS') return undefined
    throw error
  }
}

/** First field that contradicts the consensus header, before any execution. */
function headerFault(
  request: ExecuteRequest,
  payload: ExecutionBody,
  parentHeight: Height,
  chainSpec: ChainSpec,
): string | undefined {
  const { header, withdrawals } = payload
  if (request.height !== parentHeight + 1 || header.number !== request.height) return 'PAYLOAD_NUMBER'
  if (header.timestamp !== Math.floor(request.timeMs / 1000)) return 'PAYLOAD_TIMESTAMP'
  if (header.prevRandao !== request.prevRandao) return 'PAYLOAD_PREV_RANDAO'
  if (header.parentBeaconBlockRoot !== request.parentHash) return 'PAYLOAD_BEACON_ROOT'
  if (header.stateRoot !== request.stateRoot) return 'STATE_ROOT_MISMATCH'
  // Genesis has the spec's limit and every builder aims at it: any other value is a proposer's own.
  if (header.gasLimit !== chainSpec.gasLimit) return 'PAYLOAD_GAS_LIMIT'
  // A withdrawal mints; nothing in consensus pays out yet.
  if (withdrawals.length > 0) return 'PAYLOAD_WITHDRAWALS'
  return undefined
}

function outcomeFault(request: ExecuteRequest, outcome: ExecutionOutcome): string | undefined {
  if (outcome.blockHash !== request.executionBlockHash) return 'EXECUTION_HASH_MISMATCH'
  if (outcome.accessListHash !== request.accessListHash) return 'ACCESS_LIST_MISMATCH'
  return equalBytes(outcome.accessList, request.accessList) ? undefined : 'ACCESS_LIST_MISMATCH'
}

/** What the core had to recover itself is known from now on: competing blocks hold the same transactions. */
function rememberSenders(
  senders: SenderCache,
  transactions: readonly Uint8Array[],
  known: readonly (Address | undefined)[],
  outcome: ExecutionOutcome,
): void {
  if (!known.includes(undefined)) return
  for (const [index, { sender }] of transactionOutcomes(outcome.results).entries()) {
    if (known[index] === undefined) senders.remember(transactions[index] as Uint8Array, sender)
  }
}
