/**
 * What a tab stands on: the chain spec, the genesis computed from it, the executor, and the stores of an earlier visit,
 * which are checked like anything else that comes from outside.
 */
import {
  type Block,
  type Certificate,
  type ChainSpec,
  type ValidatorSet,
  chainSpecHash,
  genesisBlock,
  verifyChainSpec,
} from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import type { GenesisExecutor } from '@cairn/executor'
import { type Checkpoint, type EpochKeys, createEpochKeys, createFinalizationVerifier, replayToHead } from '@cairn/node'
import type { Clock, Executor, KeyValueStore, Log } from '@cairn/ports'
import { CodedError, type Hash, type Verdict } from '@cairn/primitives'
import { type ChainStore, type EpochStore, openChainStore, openEpochStore } from '@cairn/storage'
import { type BlockTimings, measureBlocks } from './block-timings.ts'
import { spawnBrowserExecutor } from './executor-browser.ts'
import { deleteDatabase } from './indexeddb-database.ts'
import { createIndexedDbStore } from './indexeddb-store.ts'
import { type LightEpochs, createLightEpochs } from './light-epochs.ts'
import { createLightMemory } from './light-memory.ts'
import { CHAIN_BUDGET_BYTES } from './limits.ts'
import type { NetworkDescription } from './network-description.ts'
import { deleteStateStore } from './state-store.ts'
import { type StoreNames, storeNamesOf } from './stored-chains.ts'

export interface TabTrust {
  readonly spec: ChainSpec
  readonly genesis: Block
  readonly genesisHash: Hash
  /** Ascending by epoch; the newest known last. */
  readonly recentSets: () => readonly ValidatorSet[]
  readonly keys: EpochKeys
  /** Weight and aggregate signature of a finalization. */
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  /** Of a light tab: at genesis for ever, and used for proofs alone. */
  readonly executor: Executor
  readonly timings: BlockTimings
}

export interface TabChain extends TabTrust {
  readonly epochs: EpochStore
  readonly chain: ChainStore
  /** Where `chain` is. */
  readonly database: KeyValueStore
}

export interface TabChainOptions {
  /** Bytes of `core.wasm`. */
  readonly wasm: Uint8Array
  readonly bls: Promise<Bls>
  readonly takeExecutorWorker: () => Worker
  readonly pinnedGenesis: Hash | undefined
}

export interface TabChainDeps {
  readonly clock: Clock
  readonly log: Log
  /** The genesis is computed and is the one that was asked for. */
  readonly onGenesis: (genesisHash: Hash) => void
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

/**
 * Without stores, for a light tab.
 * @throws CodedError `GENESIS_REFUSED`, `CHAIN_SPEC_INVALID`, `CORE_HASH_MISMATCH`
 */
export async function openTabTrust(
  description: NetworkDescription,
  options: TabChainOptions & { readonly checkpoint: Checkpoint | undefined },
  deps: TabChainDeps,
): Promise<TabTrust & { readonly lightEpochs: LightEpochs }> {
  const { chainSpec } = description
  const executor = await spawnBrowserExecutor(
    { chainSpec, wasm: options.wasm, storeName: undefined },
    options.takeExecutorWorker(),
  )
  try {
    const memory = createLightMemory(storeNames(chainSpec).light, options.checkpoint)
    const lightEpochs = createLightEpochs(chainSpec, options.checkpoint, { ...deps, memory })
    const trust = await establishTrust({ executor, epochs: lightEpochs }, description, options, deps)
    return { ...trust, lightEpochs }
  } catch (error) {
    await Promise.allSettled([executor.stop()])
    throw error
  }
}

async function openStores(
  description: NetworkDescription,
  options: TabChainOptions,
  deps: TabChainDeps,
): Promise<TabChain> {
  const { chainSpec } = description
  const names = storeNames(chainSpec)
  const [untimed, database] = await Promise.all([
    spawnBrowserExecutor({ chainSpec, wasm: options.wasm, storeName: names.state }, options.takeExecutorWorker()),
    createIndexedDbStore(names.chain),
  ])
  try {
    const epochs = await openEpochStore(database, chainSpec)
    const trust = await establishTrust({ executor: untimed, epochs }, description, options, deps)
    const { executor, genesis, verifyFinalization } = trust
    const budget = { sizeBytes: CHAIN_BUDGET_BYTES }
    const chain = await openChainStore(database, { genesis, verifyFinalization, budget })
    await epochs.follow(chain)
    await replayToHead(executor, chain, deps.log)
    await assertSameHead(executor, chain)
    return { ...trust, epochs, chain, database }
  } catch (error) {
    // A stop that fails says less than why it was stopped.
    await Promise.allSettled([untimed.stop(), database.close()])
    throw error
  }
}

/** Starts the executor, and takes its genesis for the chain's only where it is the one that was asked for. */
async function establishTrust(
  {
    executor: untimed,
    epochs,
  }: { readonly executor: GenesisExecutor; readonly epochs: Pick<EpochStore, 'recentSets'> },
  { chainSpec, genesisHash: claimedHash }: NetworkDescription,
  options: TabChainOptions,
  deps: TabChainDeps,
): Promise<TabTrust> {
  // The executor has a thread of its own, on which it checks the core and computes the genesis meanwhile.
  const [bls] = await Promise.all([verifiedSpecBls(chainSpec, options.bls), untimed.start()])
  const genesis = genesisBlock(chainSpec, untimed.genesis())
  assertGenesis(genesis.hash, { pinnedGenesis: options.pinnedGenesis, claimedHash })
  deps.onGenesis(genesis.hash)
  const timings = measureBlocks(untimed, bls, deps.clock)
  const keys = createEpochKeys(genesis.hash, timings.bls)
  return {
    spec: chainSpec,
    genesis,
    genesisHash: genesis.hash,
    recentSets: epochs.recentSets,
    keys,
    verifyFinalization: createFinalizationVerifier(epochs, keys),
    executor: timings.executor,
    timings,
  }
}

/** BLS, once the validators of the spec have proved that they hold their keys. @throws CodedError `CHAIN_SPEC_INVALID` */
async function verifiedSpecBls(chainSpec: ChainSpec, loading: Promise<Bls>): Promise<Bls> {
  const bls = await loading
  verifyChainSpec(chainSpec, bls)
  return bls
}

/** Short name of the chain in this origin. */
export function chainIdOf(chainSpec: ChainSpec): string {
  return chainSpecHash(chainSpec).slice(2, 18)
}

/** Of one chain: another chain on the same origin does not touch them. */
export function storeNames(chainSpec: ChainSpec): StoreNames {
  return storeNamesOf(chainIdOf(chainSpec))
}

/** @throws CodedError `GENESIS_REFUSED` */
export function assertGenesis(
  genesisHash: Hash,
  { pinnedGenesis, claimedHash }: { readonly pinnedGenesis: Hash | undefined; readonly claimedHash: Hash },
): void {
  if (pinnedGenesis !== undefined && pinnedGenesis !== genesisHash) {
    throw new CodedError(
      'GENESIS_REFUSED',
      `This server offers another network: its genesis is ${genesisHash}, the pinned one ${pinnedGenesis}. Nothing of it was accepted.`,
    )
  }
  if (claimedHash !== genesisHash) {
    throw new CodedError(
      'GENESIS_REFUSED',
      `The server contradicts itself: it names the genesis ${claimedHash}, but its chain spec gives ${genesisHash}.`,
    )
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
