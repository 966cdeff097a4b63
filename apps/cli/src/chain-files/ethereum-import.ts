/**
 * `cairn import chain.rlp --genesis genesis.json`: an Ethereum chain of any forks from Frontier to Osaka. Every block is
 * verified, executed and stored by itself; whatever ends the import, the next one goes on behind the last block.
 */
import type { EthereumChain } from '@cairn/executor'
import { CodedError } from '@cairn/primitives'
import { listenForStop } from '../node/stop-signal.ts'
import { openEthereumDirectory } from './ethereum-directory.ts'
import { writeErrorLine } from './output-line.ts'
import { readRlpBlocks } from './rlp-block-file.ts'

export interface EthereumImportOptions {
  readonly dataDir: string
  /** geth's JSON; absent: the directory's own. */
  readonly genesisPath: string | undefined
}

const PROGRESS_INTERVAL_MS = 1_000

/** @throws CodedError what `readRlpBlocks`, `openEthereumDirectory` and `EthereumChain.import` throw, `IMPORT_STOPPED` */
export async function runEthereumImport(
  path: string,
  options: EthereumImportOptions,
  writeLine = writeErrorLine,
): Promise<void> {
  const stop = listenForStop()
  try {
    await using cleanup = new AsyncDisposableStack()
    const chain = await openEthereumDirectory(options, cleanup)
    const counts = { imported: 0, present: 0 }
    const startMs = performance.now()
    const rate = (): string => `${Math.round(counts.imported / ((performance.now() - startMs) / 1_000))} blocks/s`
    try {
      await importBlocks(path, chain, counts, rate, { stop: stop.signal, writeLine })
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      const message = `${error.message}; what came before is kept: the chain is at height ${chain.head().number}`
      throw new CodedError(error.code, message, { cause: error, data: error.data })
    } finally {
      await chain.flush()
    }
    const { number, stateRoot } = chain.head()
    const sum = `imported ${counts.imported} blocks, ${counts.present} were there already`
    writeLine(`${sum}; height ${number}, state root ${stateRoot}, ${rate()}`)
  } finally {
    stop.release()
  }
}

async function importBlocks(
  path: string,
  chain: EthereumChain,
  counts: { imported: number; present: number },
  rate: () => string,
  io: { readonly stop: AbortSignal; readonly writeLine: (line: string) => void },
): Promise<void> {
  let shownMs = performance.now()
  for await (const block of readRlpBlocks(path)) {
    if (io.stop.aborted) throw new CodedError('IMPORT_STOPPED', 'stopped before the end of the file')
    counts[await chain.import(block)] += 1
    if (performance.now() - shownMs < PROGRESS_INTERVAL_MS) continue
    shownMs = performance.now()
    io.writeLine(`height ${chain.head().number}, ${rate()}`)
  }
}
