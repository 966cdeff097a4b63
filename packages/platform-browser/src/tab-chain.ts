/**
 * What a tab that executes stands on: the genesis computed from the chain spec, the executor, and the stores of an earlier
 * visit, which are checked like anything else that comes from outside.
 */
import { type Block, genesisBlock } from '@cairn/chain'
import { createFinalizationVerifier, replayToHead } from '@cairn/node'
import type { Clock, Executor, KeyValueStore, Log } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import { type ChainStore, type EpochStore, openChainStore, openEpochStore } from '@cairn/storage'
import { type ExecutionTimings, measureExecution } from './block-timings.ts'
import { spawnBrowserExecutor } from './executor-browser.ts'
import { deleteDatabase } from './indexeddb-database.ts'
import { createIndexedDbStore } from './indexeddb-store.ts'
import { type ChainTrust, type LightTrust, assertGenesis } from './light-trust.ts'
import { CHAIN_BUDGET_BYTES } from './limits.ts'
import type { NetworkDescription } from './network-description.ts'
import { deleteStateStore } from './state-store.ts'
import { storeNames } from './stored-chains.ts'

export interface TabChain extends ChainTrust {
  /** What it stood on before the stores were open. */
  readonly light: LightTrust
  readonly genesis: Block
  readonly executor: Executor
  readonly executions: ExecutionTimings
  readonly epochs: EpochStore
  readonly chain: ChainStore
  /** Where `chain` is. */
  readonly database: KeyValueStore
}

export interface TabChainOptions {
  /** Bytes of `core.wasm`. */
  readonly wasm: Promise<Uint8Array>
  readonly takeExecutorWorker: () => Worker
  /** Rejects where the network is not the one that was asked for. */
  readonly trust: Promise<LightTrust>
}

export interface TabChainDeps {
  readonly clock: Clock
  readonly log: Log
  /** What was stored is damaged and thrown away. */
  readonly onDamage: (code: string) => void
}

/**
 * Opens the stores and checks them. Damaged ones are deleted, and everything is fetched and verified anew: what is in a
 * browser's storage is a convenience, never a reason to believe something.
 * @throws CodedError `GENESIS_REFUSED`, `CHAIN_SPEC_INVALID`, `CORE_HASH_MISMATCH`, `STORE_FULL`, `STORE_FAILED`
 */
export async function openTabChain(
  description: NetworkDescription,
  options: TabChainOptions,
  deps: TabChainDeps,
): Promise<TabChain> {
  try {
    return await openStores(description, options, deps)
  } catch (error) {
    if (!(error instanceof CodedError) || !DAMAGE.includes(error.code)) throw error
    deps.onDamage(error.code)
    const names = storeNames(description.chainSpec)
    await Promise.all([deleteStateStore(names.state), deleteDatabase(names.chain)])
    return openStores(description, options, deps)
  }
}

/** What says that a store is not what this node wrote. */
const DAMAGE = [
  'CHAIN_STORE_CORRUPT',
  'GENESIS_MISMATCH',
  'STATE_AHEAD_OF_CHAIN',
  'STATE_CORRUPT',
  'STATE_ROOT_UNKNOWN',
]

async function openStores(
  description: NetworkDescription,
  options: TabChainOptions,
  deps: TabChainDeps,
): Promise<TabChain> {
  const { chainSpec } = description
  const names = storeNames(chainSpec)
  const [untimed, database] = await Promise.all([
    spawnBrowserExecutor({ chainSpec, wasm: await options.wasm, storeName: names.state }, options.takeExecutorWorker()),
    createIndexedDbStore(names.chain),
  ])
  try {
    // It has a thread of its own, on which it checks the core and computes the genesis meanwhile.
    const [light, epochs] = await Promise.all([options.trust, openEpochStore(database, chainSpec), untimed.start()])
    const genesis = genesisBlock(chainSpec, untimed.genesis())
    assertGenesis(genesis.hash, { pinnedGenesis: undefined, claimedHash: light.genesisHash })
    const verifyFinalization = createFinalizationVerifier(epochs, light.keys)
    const budget = { sizeBytes: CHAIN_BUDGET_BYTES }
    const chain = await openChainStore(database, { genesis, verifyFinalization, budget })
    await epochs.follow(chain)
    const executions = measureExecution(untimed, deps.clock)
    const { executor } = executions
    await replayToHead(executor, chain, deps.log)
    await assertSameHead(executor, chain)
    const { spec, genesisHash, keys, timings } = light
    const trust = { spec, genesisHash, keys, timings, recentSets: epochs.recentSets, verifyFinalization }
    return { ...trust, light, genesis, executor, executions, epochs, chain, database }
  } catch (error) {
    // A stop that fails says less than why it was stopped.
    await Promise.allSettled([untimed.stop(), database.close()])
    throw error
  }
}

/** The state that was found must be the one that the stored, certified head names. */
async function assertSameHead(executor: Executor, chain: ChainStore): Promise<void> {
  const head = executor.head()
  const block = await chain.blockByHeight(head.height)
  if (block?.header.stateRoot !== head.stateRoot) {
    throw new CodedError(
      'STATE_CORRUPT',
      `The stored state of block ${head.height} has another root than its certified header.`,
    )
  }
}
