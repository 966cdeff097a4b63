/** `cairn snapshot verify` and `cairn snapshot restore`: a file is trusted no more than a peer. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChainSpec, genesisBlock, verifyChainSpec } from '@cairn/chain'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { executedBlockOf } from '@cairn/node'
import { createLevelStore, openDataDirectory, spawnExecutor } from '@cairn/platform-node'
import { foundChainStore } from '@cairn/storage'
import { writeErrorLine } from '../chain-files/output-line.ts'
import { readSpecFile } from '../chain-files/stopped-chain.ts'
import { readSpecText } from '../node/spec-text.ts'
import { type CheckedSnapshot, type SnapshotSink, checkSnapshot } from './snapshot-check.ts'
import { openSnapshotFile } from './snapshot-file.ts'

export interface SnapshotVerifyOptions {
  readonly file: string
  readonly network: string
}

export interface SnapshotRestoreOptions {
  readonly file: string
  readonly dataDir: string
}

/** @throws CodedError `SNAPSHOT_FILE_…`, `SNAPSHOT_WRONG_CHAIN`, `SNAPSHOT_CERTIFICATE_INVALID` */
export async function runSnapshotVerify(options: SnapshotVerifyOptions, writeLine = writeErrorLine): Promise<void> {
  const chainSpec = readSpecText(await readSpecFile(options.network), options.network)
  await using cleanup = new AsyncDisposableStack()
  // Nothing is written there but what an executor needs to open.
  const directory = await mkdtemp(join(tmpdir(), 'cairn-snapshot-verify-'))
  cleanup.defer(() => rm(directory, { recursive: true, force: true }))
  const checked = await check(options.file, chainSpec, join(directory, 'state'), cleanup)
  writeLine(`the snapshot is good: ${summaryOf(checked)}`)
}

/** @throws CodedError as `runSnapshotVerify`, `STATE_NOT_EMPTY`, `CHAIN_NOT_EMPTY` */
export async function runSnapshotRestore(options: SnapshotRestoreOptions, writeLine = writeErrorLine): Promise<void> {
  const specText = await readSpecFile(join(options.dataDir, 'network.json'))
  await using cleanup = new AsyncDisposableStack()
  const data = await openDataDirectory(options.dataDir)
  cleanup.defer(() => data.close())
  const chainSpec = readSpecText(specText, data.networkPath)
  const checked = await check(options.file, chainSpec, data.statePath, cleanup, async (restored) => {
    const database = await createLevelStore(data.chainPath)
    cleanup.defer(() => database.close())
    // Chain before state, as with any commit.
    await foundChainStore(database, { genesis: restored.genesis, ...restored.checked })
  })
  writeLine(`restored ${summaryOf(checked)}`)
}

type Checked = CheckedSnapshot

interface Restored {
  readonly genesis: ReturnType<typeof genesisBlock>
  readonly checked: Checked
}

/** With `onChecked` the state is stored on the way, and becomes the head afterwards. */
async function check(
  path: string,
  chainSpec: ChainSpec,
  statePath: string,
  cleanup: AsyncDisposableStack,
  onChecked?: (restored: Restored) => Promise<void>,
): Promise<Checked> {
  const bls = createNativeBls()
  verifyChainSpec(chainSpec, bls)
  const file = await openSnapshotFile(path)
  cleanup.defer(() => file.close())
  const executor = await spawnExecutor({ chainSpec, path: statePath })
  cleanup.defer(() => executor.stop())
  const restored = await executor.openRestore()
  // What an earlier run or a sync has left behind is not gone on with.
  if (restored.progress !== undefined) await executor.discardRestore()
  const genesis = genesisBlock(chainSpec, restored.genesis)
  const sink: SnapshotSink = executor
  const checked = await checkSnapshot(file, {
    chainSpec,
    genesisHash: genesis.hash,
    bls,
    verifyTrieRange: (root, start, range) => executor.verifyTrieRange(root, start, range),
    ...(onChecked === undefined ? {} : { sink }),
  })
  if (onChecked === undefined) return checked
  await onChecked({ genesis, checked })
  await executor.finishRestore(executedBlockOf(checked.block))
  return checked
}

function summaryOf({ block, accountCount, slotCount }: Checked): string {
  const { height, stateRoot } = block.header
  return `block ${height}, ${accountCount} accounts, ${slotCount} slots, state root ${stateRoot}`
}
