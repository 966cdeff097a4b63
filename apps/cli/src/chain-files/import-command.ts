/**
 * `cairn import`: certified ranges from a file into a stopped node's stores. Range by range: verified, executed,
 * committed; so whatever ends it, what was imported before stays and is a chain the node starts from.
 */
import { createCommitter, replayToHead } from '@cairn/node'
import { createPinoLog } from '@cairn/platform-node'
import type { ExecutedBlock } from '@cairn/ports'
import { CodedError, type Hash, type Height } from '@cairn/primitives'
import { listenForStop } from '../node/stop-signal.ts'
import { type ChainFile, openChainFile } from './chain-file.ts'
import { writeErrorLine } from './output-line.ts'
import { checkRange } from './range-check.ts'
import { type StoppedChain, openStoppedChain } from './stopped-chain.ts'

export interface ImportCommandOptions {
  readonly dataDir: string
  /** Past blocks whose state stays readable; absent: the executor's default. */
  readonly historyBlocks: number | 'all' | undefined
}

const PROGRESS_INTERVAL_MS = 1_000

/** @throws CodedError what `openChainFile`, `openStoppedChain` and `checkRange` throw, `GENESIS_MISMATCH`, `IMPORT_STOPPED` */
export async function runImport(
  path: string,
  options: ImportCommandOptions,
  writeLine = writeErrorLine,
): Promise<void> {
  const stop = listenForStop()
  try {
    await using cleanup = new AsyncDisposableStack()
    const file = await openChainFile(path)
    cleanup.defer(() => file.close())
    const stopped = await openStoppedChain(options, cleanup)
    const { chain, executor } = stopped
    if (file.genesisHash !== chain.genesisHash) {
      const message = `${path} holds another chain: its genesis is ${file.genesisHash}, here it is ${chain.genesisHash}`
      throw new CodedError('GENESIS_MISMATCH', message, { data: { path } })
    }
    const log = createPinoLog({ level: 'info', format: 'pretty', write: (line) => writeLine(line.trimEnd()) })
    await replayToHead(executor, chain, log)
    const progress = reportProgress(writeLine)
    await importRanges(file, stopped, progress, stop.signal)
    progress.finish(executor.head())
  } finally {
    stop.release()
  }
}

async function importRanges(
  file: ChainFile,
  { chain, epochs, executor, verifyFinalization }: StoppedChain,
  progress: ImportProgress,
  stop: AbortSignal,
): Promise<void> {
  const committer = createCommitter({
    executor,
    chainStore: chain,
    epochs,
    onCommitted: ({ block }) => progress.imported(block.header.height),
    // `executeAndCommit` rejects with it too.
    onFatal: () => {},
  })
  const hashAt = async (at: Height): Promise<Hash | undefined> => (await chain.blockByHeight(at))?.hash
  try {
    for await (const record of file.records()) {
      if (stop.aborted) throw new CodedError('IMPORT_STOPPED', 'stopped before the end of the file')
      const range = await checkRange(record, { head: chain.head(), hashAt, verifyFinalization })
      progress.skipped(range.presentCount)
      await committer.executeAndCommit(range.added, range.certificate)
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const message = `${error.message}; what came before is kept: the chain is at height ${chain.head().height}`
    throw new CodedError(error.code, message, { cause: error, data: error.data })
  }
}

interface ImportProgress {
  imported(height: Height): void
  skipped(count: number): void
  /** The last line. */
  finish(head: ExecutedBlock): void
}

/** A line each second, and the sum. */
function reportProgress(writeLine: (line: string) => void): ImportProgress {
  const startMs = performance.now()
  let shownMs = startMs
  let imported = 0
  let skipped = 0
  const rate = (): string => `${Math.round(imported / ((performance.now() - startMs) / 1_000))} blocks/s`
  return {
    imported: (height) => {
      imported += 1
      if (performance.now() - shownMs < PROGRESS_INTERVAL_MS) return
      shownMs = performance.now()
      writeLine(`height ${height}, ${rate()}`)
    },
    skipped: (count) => (skipped += count),
    finish: ({ height, stateRoot }) => {
      const sum = `imported ${imported} blocks, ${skipped} were there already`
      writeLine(`${sum}; height ${height}, state root ${stateRoot}, ${rate()}`)
    },
  }
}
