/** Building blocks on any executed parent, within the proposer's own time budget; the executions wait for `adopt`. */
import { TRANSACTION_MAX_BYTES } from '@cairn/chain'
import type { ChainSpec } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { BuildRequest, BuiltPayload, Clock } from '@cairn/ports'
import { CodedError, height } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { encodeBuild, readBuildOutcome } from './abi/block.ts'
import type { BuildOutcome } from './abi/block.ts'
import { isRetryableCandidate, transactionCodeName } from './abi/codes.ts'
import { operations } from './core-instance.ts'
import type { GasBudget } from './gas-budget.ts'
import { BUILDS_KEPT_MAX, BUILD_ATTEMPTS_MAX, BUILD_CANDIDATES_MAX } from './limits.ts'
import { executionFromOutcome } from './pending-tree.ts'
import type { ExecutedState, Execution, PendingTree } from './pending-tree.ts'
import type { SenderCache } from './sender-cache.ts'
import type { StateHost } from './state-host.ts'

export interface BlockBuilder {
  /** @throws CodedError `UNKNOWN_PARENT`, `BUILD_FAILED` and the core's */
  build(request: BuildRequest): Promise<BuiltPayload>
  /** @throws CodedError `UNKNOWN_BUILD`, `UNKNOWN_PARENT`, `PENDING_FULL` */
  adopt(buildId: number, blockHash: Hash): void
}

export interface BlockDependencies {
  readonly chainSpec: ChainSpec
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly gasBudget: GasBudget
  /** Whether commits keep what they overwrite. */
  readonly wantsUndo: boolean
  readonly host: StateHost
  readonly senders: SenderCache
  readonly tree: PendingTree
}

export function createBlockBuilder(deps: BlockDependencies): BlockBuilder {
  const { chainSpec, gasBudget, tree } = deps
  const builds = new Map<number, (blockHash: Hash) => Execution>()
  let buildCount = 0

  const keep = (execution: (blockHash: Hash) => Execution): number => {
    const buildId = ++buildCount
    builds.set(buildId, execution)
    if (builds.size > BUILDS_KEPT_MAX) builds.delete(Math.min(...builds.keys()))
    return buildId
  }

  return {
    build: async (request) => {
      const { parentHash } = request
      const parent = tree.state(parentHash)
      if (parent === undefined) throw new CodedError('UNKNOWN_PARENT', `${parentHash} is not executed`)
      const built = await buildWithinSize(deps, request, parent, gasBudget.budget(chainSpec.gasLimit))
      const { candidateCodes, header, outcome } = built
      const blockHeight = height(parent.block.height + 1)
      const buildId = keep((blockHash) =>
        executionFromOutcome(outcome, { blockHash, parentHash, height: blockHeight, header }),
      )
      return {
        buildId,
        payload: built.payload.slice(),
        accessList: outcome.accessList.slice(),
        executionBlockHash: outcome.blockHash,
        stateRoot: outcome.stateRoot,
        accessListHash: outcome.accessListHash,
        gasUsed: outcome.gasUsed,
        transactionCount: candidateCodes.filter((code) => code === 0).length,
        rejected: rejectedOf(request.transactions, candidateCodes),
      }
    },
    adopt: (buildId, blockHash) => {
      if (tree.state(blockHash) !== undefined) return
      const named = builds.get(buildId)
      if (named === undefined) throw new CodedError('UNKNOWN_BUILD', `build ${buildId} is not kept any more`)
      const execution = named(blockHash)
      if (tree.state(execution.parentHash) === undefined)
        throw new CodedError('UNKNOWN_PARENT', 'the parent was dropped')
      tree.insert(execution)
      builds.delete(buildId)
    },
  }
}

/** Payload and access list share the block's size, and only the first is bounded while packing: pack again with less gas. */
async function buildWithinSize(
  deps: BlockDependencies,
  request: BuildRequest,
  parent: ExecutedState,
  gasBudget: bigint,
): Promise<BuildOutcome> {
  // No block may hold a larger one; the core calls an empty candidate malformed.
  const bounded = (raw: Uint8Array): Uint8Array => (raw.length > TRANSACTION_MAX_BYTES ? new Uint8Array(0) : raw)
  let transactions = request.transactions.slice(0, BUILD_CANDIDATES_MAX).map(bounded)
  let gasMax = gasBudget
  for (let attempt = 0; attempt < BUILD_ATTEMPTS_MAX; attempt++) {
    const built = await buildOnce(deps, { ...request, transactions }, parent, gasMax)
    const sizeBytes = built.payload.length + built.outcome.accessList.length
    if (sizeBytes <= deps.chainSpec.blockSizeMaxBytes) return built
    const share = (0.9 * deps.chainSpec.blockSizeMaxBytes) / sizeBytes
    gasMax = BigInt(Math.max(1, Math.floor(Number(built.outcome.gasUsed) * share)))
    if (attempt === BUILD_ATTEMPTS_MAX - 2) transactions = []
  }
  throw new CodedError('BUILD_FAILED', 'an empty block exceeds the block size')
}

async function buildOnce(
  deps: BlockDependencies,
  request: BuildRequest,
  parent: ExecutedState,
  gasMax: bigint,
): Promise<BuildOutcome> {
  const { chainSpec, clock, host } = deps
  const known = await deps.senders.senders(request.transactions)
  const encoded = encodeBuild({
    chain: chainSpec,
    parentHeader: parent.block.executionHeader,
    timestamp: BigInt(Math.floor(request.timeMs / 1000)),
    prevRandao: request.prevRandao,
    feeRecipient: request.feeRecipient,
    gasLimitTarget: chainSpec.gasLimit,
    parentBeaconBlockRoot: request.parentHash,
    gasBudget: gasMax,
    payloadMaxBytes: Math.max(1, Math.min(request.sizeMaxBytes, chainSpec.blockSizeMaxBytes)),
    candidates: request.transactions.map((raw, index) => ({ raw, sender: known[index] })),
    wantsUndo: deps.wantsUndo,
  })
  const startMs = clock.monotonicMs()
  const result = await host.evaluate(operations.build, encoded, { layers: parent.layers })
  if (result.status === 'invalid')
    throw new CodedError('BUILD_FAILED', result.message, { data: { reason: result.code } })
  const built = readBuildOutcome(result.body)
  deps.gasBudget.record(built.outcome.gasUsed, clock.monotonicMs() - startMs)
  return built
}

function rejectedOf(transactions: readonly Uint8Array[], codes: readonly number[]): BuiltPayload['rejected'] {
  const rejected: { hash: Hash; code: string }[] = []
  for (const [index, code] of codes.entries()) {
    if (code === 0 || isRetryableCandidate(code)) continue
    rejected.push({ hash: keccak256(transactions[index] as Uint8Array), code: transactionCodeName(code) })
  }
  return rejected
}
