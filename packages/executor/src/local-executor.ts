/**
 * The `Executor` port over the EVM core, in the calling thread: what a worker serves, and what tests use directly.
 *
 * Invariants: one task at a time; the state store holds exactly the committed head's state; the head record is
 * written in the same batch as the changes it names, so after a crash the store may lag the chain store (the node
 * executes and commits again) but is never between two blocks.
 */
import { EMPTY_LIST_HASH, genesisBlock } from '@cairn/chain'
import type { ChainSpec } from '@cairn/chain'
import type {
  AccountState,
  Clock,
  CommittedExecution,
  ExecutedBlock,
  Executor,
  KeyValueStore,
  RestorableState,
  SenderRecovery,
} from '@cairn/ports'
import { CodedError, ZERO_ADDRESS, height } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { transactionOutcomes } from './abi/block.ts'
import { encodeProve } from './abi/state.ts'
import { createBlockWitnesses } from './block-witness.ts'
import { createBlockBuilder } from './block-builder.ts'
import type { BlockBuilder, BlockDependencies } from './block-builder.ts'
import { verifyBlock } from './block-verifier.ts'
import { createCore, operations } from './core-instance.ts'
import type { CoreMemory } from './core-instance.ts'
import { writeGenesis } from './genesis.ts'
import type { ExecutedGenesis } from './genesis.ts'
import { createGasBudget } from './gas-budget.ts'
import { decodeGenesisRecord, decodeHeadRecord, encodeGenesisRecord, encodeHeadRecord } from './head-record.ts'
import type { StoredGenesis } from './head-record.ts'
import { DEFAULT_HISTORY_BLOCKS } from './limits.ts'
import { DEFAULT_MEMORY_BUDGET } from './memory-budget.ts'
import type { ExecutorMemoryBudget } from './memory-budget.ts'
import { createPendingTree } from './pending-tree.ts'
import type { Execution, PendingTree } from './pending-tree.ts'
import { createSenderCache } from './sender-cache.ts'
import { createSerialQueue } from './serial-queue.ts'
import { createStateHost } from './state-host.ts'
import type { StateHost } from './state-host.ts'
import { GENESIS_KEY, HEAD_KEY } from './state-key.ts'
import { createStateQueries } from './state-queries.ts'
import { clearStore } from './store-clearing.ts'
import { createTransactionDecoder } from './transaction-decoder.ts'
import { createStateRestore } from './state-restore.ts'
import { createTrieRanges } from './trie-ranges.ts'
import { createUndoHistory } from './undo-history.ts'
import type { HistoryBlocks, UndoHistory } from './undo-history.ts'

/** The port, and the genesis it stands on. */
export interface GenesisExecutor extends Executor, RestorableState {
  /** After `start`. */
  genesis(): ExecutedGenesis
  /** Head first, then the pending blocks. */
  executed(): readonly Hash[]
  memory(): Promise<ExecutorMemory>
}

/** What an executor holds, in bytes as far as they can be counted. */
export interface ExecutorMemory extends CoreMemory {
  readonly stateCacheBytes: number
  readonly historyCacheBytes: number
}

export interface ExecutorOptions {
  readonly chainSpec: ChainSpec
  /** Owned by the executor from `start` to `stop`, which closes it. */
  readonly stateStore: KeyValueStore
  /** Bytes of `core.wasm`. */
  readonly wasm: Uint8Array
  /** How many blocks below the head stay readable. Local: no other node sees it. Default `DEFAULT_HISTORY_BLOCKS`. */
  readonly historyBlocks?: HistoryBlocks | undefined
  /** Bytes of undo lists stored; fewer blocks stay readable where they are large. Default: no bound. */
  readonly historyMaxBytes?: number | undefined
  readonly memoryBudget?: ExecutorMemoryBudget | undefined
}

export interface ExecutorDependencies {
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Default: the core recovers, which costs several times as much. */
  readonly senderRecovery?: SenderRecovery
}

/**
 * @example
 * const executor = createExecutor({ chainSpec, stateStore, wasm }, { clock })
 * await executor.start()
 * const { payload } = await executor.build({ parentHash: executor.head().blockHash, … })
 * @throws CodedError `CORE_HASH_MISMATCH`, `CORE_IMPORTS_FORBIDDEN`, `CORE_ABI_VERSION`
 */
export function createExecutor(options: ExecutorOptions, deps: ExecutorDependencies): GenesisExecutor {
  const { chainSpec, stateStore } = options
  const budget = options.memoryBudget ?? DEFAULT_MEMORY_BUDGET
  const historyBlocks = options.historyBlocks ?? DEFAULT_HISTORY_BLOCKS
  const core = createCore({
    wasm: options.wasm,
    sha256: chainSpec.coreWasmSha256,
    cacheMaxBytes: budget.coreCacheMaxBytes,
    memoryMaxBytes: budget.coreMemoryMaxBytes,
  })
  const host = createStateHost(core, stateStore, budget.stateCacheMaxBytes)
  const history = createUndoHistory({
    store: stateStore,
    blocks: historyBlocks,
    storedMaxBytes: options.historyMaxBytes,
    cacheMaxBytes: budget.historyCacheMaxBytes,
  })
  const queue = createSerialQueue()
  const senders = createSenderCache(deps.senderRecovery)
  const recoversSenders = deps.senderRecovery !== undefined
  const decoder = createTransactionDecoder({ chain: chainSpec, core, senders, recoversSenders })
  let opened: OpenState | undefined

  const state = (): OpenState => {
    if (opened === undefined) throw new CodedError('EXECUTOR_STOPPED', 'the executor is not started')
    return opened
  }
  const committed = { chainSpec, core, history, host, senders, head: () => state().tree.head() }
  const queries = createStateQueries(committed)
  const witnesses = createBlockWitnesses(committed)
  const ranges = createTrieRanges(committed)
  const restore = createStateRestore({ chainSpec, wasm: options.wasm, store: stateStore, core, host })
  /** Of a restore: before the executor is started. */
  const step = <T>(task: () => Promise<T>): Promise<T> => queue.run('consensus', task)
  const consensus = <T>(task: (open: OpenState) => Promise<T>): Promise<T> =>
    queue.run('consensus', () => task(state()))
  const read = <T>(task: () => Promise<T>): Promise<T> => queue.run('read', task)

  return {
    start: () =>
      queue.run('consensus', async () => {
        const { head, genesis } = await openState(options, core, host)
        await history.open(head)
        const tree = createPendingTree(head)
        const wantsUndo = historyBlocks !== 0
        const blocks = { chainSpec, clock: deps.clock, gasBudget: createGasBudget(), wantsUndo, host, senders, tree }
        opened = { tree, genesis, blocks, builder: createBlockBuilder(blocks) }
      }),
    stop: async () => {
      await queue.stop()
      await stateStore.close()
    },
    genesis: () => state().genesis,
    head: () => state().tree.head(),
    executed: () => state().tree.hashes(),
    has: (blockHash) => state().tree.state(blockHash) !== undefined,
    build: (request) => consensus(({ builder }) => builder.build(request)),
    adopt: (buildId, blockHash) => consensus(async ({ builder }) => builder.adopt(buildId, blockHash)),
    execute: (request) => consensus(({ blocks }) => verifyBlock(blocks, request)),
    outcome: (blockHash) => consensus(async ({ tree }) => committedExecution(pendingExecution(tree, blockHash))),
    commit: (blockHash) => consensus(({ tree }) => commit({ tree, host, history }, blockHash)),
    account: (address, at) => read(async () => (await queries.accounts([address], at))[0] as AccountState),
    accounts: (addresses, at) => read(() => queries.accounts(addresses, at)),
    code: (address, at) => read(() => queries.code(address, at)),
    storage: (address, slot, at) => read(() => queries.storage(address, slot, at)),
    call: (request, { gasMax, at } = {}) => read(() => queries.call(request, gasMax, at)),
    estimateGas: (request, { at } = {}) => read(() => queries.estimateGas(request, at)),
    proof: (address, slots, at) => read(() => queries.proof(address, slots, at)),
    witness: (payload, at) => read(() => witnesses.witness(payload, at)),
    executeStateless: (request) => read(() => witnesses.executeStateless(request)),
    trieRange: (request, at) => read(() => ranges.prove(request, at)),
    verifyTrieRange: (root, start, range) => read(async () => ranges.verify(root, start, range)),
    codes: (hashes) => read(() => queries.codes(hashes)),
    openRestore: () => step(() => restore.openRestore()),
    restoreStorages: (ranges, progress) => step(() => restore.restoreStorages(ranges, progress)),
    missingCodes: (hashes) => step(() => restore.missingCodes(hashes)),
    restoreCodes: (codes) => step(() => restore.restoreCodes(codes)),
    restoreAccounts: (accounts, progress) => step(() => restore.restoreAccounts(accounts, progress)),
    restoreAccessList: (list, missing, progress) => step(() => restore.restoreAccessList(list, missing, progress)),
    finishRestore: (block) => step(() => restore.finishRestore(block)),
    discardRestore: () => step(() => restore.discardRestore()),
    memory: () =>
      read(async () => ({
        ...core.memory(),
        stateCacheBytes: host.cacheSizeBytes(),
        historyCacheBytes: history.sizeBytes(),
      })),
    verifyProof: (stateRoot, proof) => read(() => queries.verifyProof(stateRoot, proof)),
    decodeTransactions: (raw) => read(() => decoder.decode(raw)),
  }
}

interface OpenState {
  readonly tree: PendingTree
  readonly genesis: StoredGenesis
  readonly blocks: BlockDependencies
  readonly builder: BlockBuilder
}

function pendingExecution(tree: PendingTree, blockHash: Hash): Execution {
  const execution = tree.execution(blockHash)
  if (execution === undefined) throw new CodedError('UNKNOWN_BLOCK', `no pending execution of ${blockHash}`)
  return execution
}

function committedExecution(execution: Execution): CommittedExecution {
  return {
    ...execution.block,
    receipts: execution.receipts.slice(),
    transactions: transactionOutcomes(execution.results),
  }
}

async function commit(
  { tree, host, history }: { readonly tree: PendingTree; readonly host: StateHost; readonly history: UndoHistory },
  blockHash: Hash,
): Promise<ExecutedBlock> {
  const head = tree.head()
  if (blockHash === head.blockHash) return head
  const execution = pendingExecution(tree, blockHash)
  if (execution.parentHash !== head.blockHash) {
    throw new CodedError('COMMIT_OUT_OF_ORDER', `the parent of ${blockHash} is not the committed head`, {
      data: { head: head.blockHash, parent: execution.parentHash },
    })
  }
  const { block } = execution
  const records = [
    ...history.recordsOf(head, block, execution.undo),
    { type: 'put', key: HEAD_KEY, value: encodeHeadRecord(block) } as const,
  ]
  // Not durable: after power loss the store lags by whole blocks, and the node executes them again.
  await host.write(execution.changes, records, false)
  history.advance(block)
  tree.advance(execution)
  return block
}

/** The stored head, checked; or genesis, written. */
async function openState(
  options: ExecutorOptions,
  core: ReturnType<typeof createCore>,
  host: StateHost,
): Promise<{ readonly head: ExecutedBlock; readonly genesis: StoredGenesis }> {
  const { chainSpec, stateStore } = options
  const headRecord = await stateStore.get(HEAD_KEY)
  if (headRecord === undefined) {
    // Without a head record, what is there is a genesis or a restore that was interrupted.
    await clearStore(stateStore)
    return initialize(chainSpec, core, host)
  }
  const genesisRecord = await stateStore.get(GENESIS_KEY)
  if (genesisRecord === undefined) throw new CodedError('STATE_CORRUPT', 'the state store has a head and no genesis')
  const genesis = decodeGenesisRecord(genesisRecord)
  const expected = genesisBlock(chainSpec, genesis).hash
  if (genesis.blockHash !== expected) {
    throw new CodedError('GENESIS_MISMATCH', 'the state store belongs to another chain', {
      data: { stored: genesis.blockHash, expected },
    })
  }
  const head = decodeHeadRecord(headRecord)
  await assertRoot(host, head.stateRoot)
  return { head, genesis }
}

/** Any proof starts by checking the stored root node against the expected root. */
async function assertRoot(host: StateHost, stateRoot: Hash): Promise<void> {
  try {
    await host.evaluate(operations.prove, encodeProve(stateRoot, ZERO_ADDRESS, []), { layers: [] })
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code !== 'STATE_ROOT_UNKNOWN') throw cause
    throw new CodedError('STATE_CORRUPT', 'the stored state is not the head record’s', { data: { stateRoot }, cause })
  }
}

async function initialize(
  chainSpec: ChainSpec,
  core: ReturnType<typeof createCore>,
  host: StateHost,
): Promise<{ readonly head: ExecutedBlock; readonly genesis: StoredGenesis }> {
  const executed = await writeGenesis(chainSpec, core, host)
  const { hash: blockHash } = genesisBlock(chainSpec, executed)
  const genesis: StoredGenesis = { ...executed, blockHash }
  const head: ExecutedBlock = {
    blockHash,
    height: height(0),
    executionBlockHash: executed.executionBlockHash,
    stateRoot: executed.stateRoot,
    accessListHash: EMPTY_LIST_HASH,
    gasUsed: 0n,
    executionHeader: executed.executionHeader,
  }
  await host.write(
    [],
    [
      { type: 'put', key: GENESIS_KEY, value: encodeGenesisRecord(genesis) },
      { type: 'put', key: HEAD_KEY, value: encodeHeadRecord(head) },
    ],
    true,
  )
  return { head, genesis }
}
