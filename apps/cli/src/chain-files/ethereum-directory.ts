/**
 * A data directory with an imported Ethereum chain: `ethereum-genesis.json` and the store `ethereum/`. It has no keys, no
 * log and no certificates, and no node runs on it: it is never also the directory of a Cairn node.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EthereumGenesis, parseEthereumGenesis } from '@cairn/chain'
import { type EthereumChain, openEthereumChain } from '@cairn/executor'
import { coreWasmSha256, createLevelStore, openDataDirectory, readCoreWasm } from '@cairn/platform-node'
import { CodedError } from '@cairn/primitives'

export function isEthereumDirectory(dataDir: string): boolean {
  return existsSync(genesisPathOf(dataDir))
}

/**
 * What is opened goes onto `cleanup`; what is missing is made.
 * @throws CodedError `GENESIS_FILE_MISSING`, `GENESIS_FILE_INVALID`, `GENESIS_MISMATCH`, `DATA_DIRECTORY_OTHER_CHAIN`,
 * `DATA_DIRECTORY_IN_USE`, and the stores' own
 */
export async function openEthereumDirectory(
  options: { readonly dataDir: string; readonly genesisPath: string | undefined },
  cleanup: AsyncDisposableStack,
): Promise<EthereumChain> {
  const { dataDir, genesisPath } = options
  if (existsSync(join(dataDir, 'network.json')) || existsSync(join(dataDir, 'chain'))) {
    const message = `${dataDir} is the directory of a Cairn node; an imported chain needs one of its own`
    throw new CodedError('DATA_DIRECTORY_OTHER_CHAIN', message, { data: { path: dataDir } })
  }
  // Before anything is made: a mistyped path must not leave a data directory behind.
  const given = genesisPath === undefined ? undefined : await readGenesis(genesisPath)
  const stored = isEthereumDirectory(dataDir) ? await readGenesis(genesisPathOf(dataDir)) : undefined
  const used = stored ?? given
  if (used === undefined) {
    const message = `${dataDir} holds no imported chain yet: --genesis must name its genesis file`
    throw new CodedError('GENESIS_FILE_MISSING', message, { data: { path: dataDir } })
  }
  if (given !== undefined && given.normalText !== used.normalText) {
    const message = `${genesisPath} is not the genesis file that ${dataDir} was made with`
    throw new CodedError('GENESIS_MISMATCH', message, { data: { path: dataDir } })
  }
  const data = await openDataDirectory(dataDir)
  cleanup.defer(() => data.close())
  if (stored === undefined) await writeWhole(genesisPathOf(dataDir), used.text)
  const store = await createLevelStore(storePathOf(dataDir))
  cleanup.defer(() => store.close())
  const { genesis } = used
  return openEthereumChain({ genesis, store, wasm: readCoreWasm(), wasmSha256: coreWasmSha256() })
}

/** Where the imported chain's blocks and state are. */
export function storePathOf(dataDir: string): string {
  return join(dataDir, 'ethereum')
}

function genesisPathOf(dataDir: string): string {
  return join(dataDir, 'ethereum-genesis.json')
}

interface GenesisFile {
  readonly text: string
  /** Without white space. */
  readonly normalText: string
  readonly genesis: EthereumGenesis
}

async function readGenesis(path: string): Promise<GenesisFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new CodedError('GENESIS_FILE_MISSING', `${path} cannot be read`, { cause, data: { path } })
  }
  const genesis = parseEthereumGenesis(text)
  return { text, normalText: JSON.stringify(JSON.parse(text)), genesis }
}

/** The name appears with the whole content, or not at all. */
async function writeWhole(path: string, text: string): Promise<void> {
  const newPath = `${path}.${randomUUID()}`
  try {
    await writeFile(newPath, text, { flag: 'wx', flush: true })
    await rename(newPath, path)
  } catch (error) {
    await rm(newPath, { force: true })
    throw error
  }
}
