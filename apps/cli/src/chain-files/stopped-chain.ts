/** The chain of a data directory whose node is stopped: the directory is held while these are open. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Certificate, type ChainSpec, genesisBlock, verifyChainSpec } from '@cairn/chain'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { createEpochKeys, createFinalizationVerifier } from '@cairn/node'
import { type DataDirectory, createLevelStore, openDataDirectory, spawnExecutor } from '@cairn/platform-node'
import type { Executor } from '@cairn/ports'
import { CodedError, type Verdict } from '@cairn/primitives'
import { type ChainStore, type EpochStore, openChainStore, openEpochStore } from '@cairn/storage'
import { readSpecText } from '../node/spec-text.ts'

export interface StoppedChain {
  readonly chainSpec: ChainSpec
  readonly data: DataDirectory
  readonly chain: ChainStore
  readonly epochs: EpochStore
  /** Started; its head may be behind the chain's. */
  readonly executor: Executor
  readonly verifyFinalization: (certificate: Certificate) => Verdict
}

/**
 * What is opened goes onto `cleanup`. Empty stores get their genesis.
 * @throws CodedError `CHAIN_SPEC_MISSING`, `CHAIN_SPEC_INVALID`, `DATA_DIRECTORY_IN_USE`, and the stores' own
 */
export async function openStoppedChain(
  options: { readonly dataDir: string; readonly historyBlocks: number | 'all' | undefined },
  cleanup: AsyncDisposableStack,
): Promise<StoppedChain> {
  // Before anything is made: a mistyped path must not leave a data directory behind.
  const specText = await readSpecFile(join(options.dataDir, 'network.json'))
  const data = await openDataDirectory(options.dataDir)
  cleanup.defer(() => data.close())
  const chainSpec = readSpecText(specText, data.networkPath)
  const bls = createNativeBls()
  verifyChainSpec(chainSpec, bls)
  const executor = await spawnExecutor({
    chainSpec,
    path: data.statePath,
    ...(options.historyBlocks === undefined ? {} : { historyBlocks: options.historyBlocks }),
  })
  cleanup.defer(() => executor.stop())
  await executor.start()
  const genesis = genesisBlock(chainSpec, executor.genesis())
  const database = await createLevelStore(data.chainPath)
  cleanup.defer(() => database.close())
  const epochs = await openEpochStore(database, chainSpec)
  const verifyFinalization = createFinalizationVerifier(epochs, createEpochKeys(genesis.hash, bls))
  const chain = await openChainStore(database, { genesis, verifyFinalization })
  await epochs.follow(chain)
  return { chainSpec, data, chain, epochs, executor, verifyFinalization }
}

/** @throws CodedError `DATA_DIRECTORY_MISSING` when a node never had this directory */
export function assertIsDataDirectory(path: string): void {
  if (existsSync(join(path, 'VERSION'))) return
  throw new CodedError('DATA_DIRECTORY_MISSING', `${path} is no data directory`, { data: { path } })
}

/** @throws CodedError `CHAIN_SPEC_MISSING` */
export async function readSpecFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CodedError('CHAIN_SPEC_MISSING', `${path} cannot be read`, { cause })
  }
}
