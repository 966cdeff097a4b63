/** `cairn export`: blocks of a stopped node, or of an imported chain, into a file: certified ranges or Ethereum's RLP blocks. */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { encodeFinalizedRangeResponse } from '@cairn/chain'
import { CodedError, height } from '@cairn/primitives'
import type { ChainReader } from '@cairn/storage'
import { serveFinalizedRange } from '@cairn/sync'
import { listenForStop } from '../node/stop-signal.ts'
import { chainFileHeader, chainFileRecord } from './chain-file.ts'
import { isEthereumDirectory } from './ethereum-directory.ts'
import { openEthereumSource } from './ethereum-export.ts'
import type { ExportCommandOptions, ExportSource } from './export-source.ts'
import { writeErrorLine } from './output-line.ts'
import { assertIsDataDirectory, openStoppedChain } from './stopped-chain.ts'

interface Heights {
  readonly from: number
  readonly to: number
}

/** @throws CodedError `EXPORT_RANGE_INVALID`, `EXPORT_FAILED`, `EXPORT_STOPPED`, and what opening the directory throws */
export async function runExport(options: ExportCommandOptions, writeLine = writeErrorLine): Promise<void> {
  assertIsDataDirectory(options.dataDir)
  const abort = new AbortController()
  const stop = listenForStop()
  void stop.requested.then(() => abort.abort())
  try {
    await using cleanup = new AsyncDisposableStack()
    const open = isEthereumDirectory(options.dataDir) ? openEthereumSource : openCertifiedSource
    const { from, chunks, format, last } = await open(options, cleanup)
    if (options.output === '-') await writeToStdout(chunks, abort.signal)
    else await writeToFile(chunks, options.output, abort.signal)
    const where = options.output === '-' ? 'standard output' : options.output
    writeLine(`exported blocks ${from} to ${last()} (${format}) to ${where}`)
  } catch (error) {
    if (!abort.signal.aborted) throw error
    throw new CodedError('EXPORT_STOPPED', 'stopped before the export was complete', { cause: error })
  } finally {
    stop.release()
  }
}

async function openCertifiedSource(
  options: ExportCommandOptions,
  cleanup: AsyncDisposableStack,
): Promise<ExportSource> {
  // An archive's history stays: opening with a shorter window would prune it.
  const { chain } = await openStoppedChain({ dataDir: options.dataDir, historyBlocks: 'all' }, cleanup)
  const format = options.format ?? 'cairn'
  const heights = heightsOf(options, format, chain.head().certifiedHeight)
  const written = { last: heights.to }
  const chunks = format === 'rlp' ? rlpChunks(chain, heights) : rangeChunks(chain, heights, written)
  return { from: heights.from, chunks, format, last: () => written.last }
}

/** Blocks above the certified head are left out: nobody could verify them, and a node decides them again. */
function heightsOf(options: ExportCommandOptions, format: 'cairn' | 'rlp', certifiedHeight: number): Heights {
  const first = format === 'rlp' ? 0 : 1
  const from = Math.max(options.from ?? first, first)
  const to = options.to ?? certifiedHeight
  if (from <= to && to <= certifiedHeight) return { from, to }
  const message =
    from > certifiedHeight || to > certifiedHeight
      ? `the chain is certified up to height ${certifiedHeight} only`
      : `there is no block from height ${from} to ${to}`
  throw new CodedError('EXPORT_RANGE_INVALID', message, { data: { from, to, certifiedHeight } })
}

/** A range ends where a certificate is: the last one may reach beyond `to`, and `written` says how far. */
async function* rangeChunks(
  chain: ChainReader,
  { from, to }: Heights,
  written: { last: number },
): AsyncGenerator<Uint8Array> {
  yield chainFileHeader(chain.genesisHash)
  for (let next = from; next <= to; next = written.last + 1) {
    const range = await serveFinalizedRange(chain, { fromHeight: height(next), countMax: to - next + 1 })
    const last = range.blocks.at(-1)
    if (last === undefined) throw missing(next)
    yield chainFileRecord(encodeFinalizedRangeResponse(range))
    written.last = last.header.height
  }
  yield chainFileRecord(new Uint8Array(0))
}

/** The blocks' own encodings one after the other, as geth's export writes them. */
async function* rlpChunks(chain: ChainReader, { from, to }: Heights): AsyncGenerator<Uint8Array> {
  for (let at = from; at <= to; at++) {
    const block = await chain.blockByHeight(height(at))
    if (block === undefined) throw missing(at)
    yield block.payload
  }
}

/** The name appears with the whole content, on disk, or not at all. */
async function writeToFile(chunks: AsyncGenerator<Uint8Array>, path: string, signal: AbortSignal): Promise<void> {
  const newPath = `${path}.${randomUUID()}`
  try {
    const file = createWriteStream(newPath, { flags: 'wx', flush: true })
    await pipeline(Readable.from(chunks), file, { signal })
    await rename(newPath, path)
  } catch (error) {
    await rm(newPath, { force: true })
    throw coded(error, path)
  }
}

async function writeToStdout(chunks: AsyncGenerator<Uint8Array>, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), process.stdout, { signal, end: false })
  } catch (error) {
    throw coded(error, 'standard output')
  }
}

function coded(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof CodedError || !('code' in error)) return error
  return new CodedError('EXPORT_FAILED', `cannot write to ${path}: ${error.message}`, { cause: error, data: { path } })
}

function missing(at: number): CodedError {
  return new CodedError('CHAIN_STORE_CORRUPT', `block ${at} or its certificate is missing`)
}
