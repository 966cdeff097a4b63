/** `cairn snapshot create`: the state of a stopped node's newest certified block as a file that proves itself. */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  EMPTY_CODE_HASH,
  EMPTY_TRIE_ROOT,
  HEADER_TRAIL_MAX,
  type HeaderTrailResponse,
  SNAPSHOT_CODES_MAX,
  SNAPSHOT_OWNERS_MAX,
  type SnapshotRange,
  boundaryHeight,
} from '@cairn/chain'
import { serveEpochEnds } from '@cairn/node'
import type { Executor } from '@cairn/ports'
import { CodedError, type Hash, type Height, ZERO_HASH, epoch, height as heightFrom } from '@cairn/primitives'
import { writeErrorLine } from '../chain-files/output-line.ts'
import { type StoppedChain, assertIsDataDirectory, openStoppedChain } from '../chain-files/stopped-chain.ts'
import { decodeFileAccount, keyAfterLast } from './account-leaf.ts'
import {
  type SnapshotManifest,
  type SnapshotRecord,
  encodeSnapshotRecord,
  snapshotFileEnd,
  snapshotFileHeader,
} from './snapshot-file.ts'

export interface SnapshotCreateOptions {
  readonly dataDir: string
  readonly output: string
}

/** Keys and values of one chunk, proofs come on top: a record stays far below its limit. */
const CHUNK_BYTES = 1024 * 1024

/** @throws CodedError `SNAPSHOT_NOT_READY`, `SNAPSHOT_WRITE_FAILED`, and what opening the directory throws */
export async function runSnapshotCreate(options: SnapshotCreateOptions, writeLine = writeErrorLine): Promise<void> {
  assertIsDataDirectory(options.dataDir)
  await using cleanup = new AsyncDisposableStack()
  const stopped = await openStoppedChain({ dataDir: options.dataDir, historyBlocks: 'all' }, cleanup)
  const base = await newestBase(stopped)
  const { height } = base.block.header
  await writeToFile(snapshotChunks(stopped, base, height), options.output)
  writeLine(`wrote the state of block ${height} to ${options.output}`)
}

/** The newest block with a certificate of its own whose state is there. */
async function newestBase({ chain, executor }: StoppedChain): Promise<Pick<SnapshotManifest, 'block' | 'certificate'>> {
  const { certifiedHeight } = chain.head()
  const block = await chain.blockByHeight(certifiedHeight)
  const found = certifiedHeight === 0 ? undefined : await chain.certificateAtOrAbove(certifiedHeight)
  if (block !== undefined && found !== undefined && executor.head().height >= certifiedHeight) {
    return { block, certificate: found.certificate }
  }
  const message = 'there is no certified block whose state is there: start the node once, and stop it'
  throw new CodedError('SNAPSHOT_NOT_READY', message)
}

async function* snapshotChunks(
  stopped: StoppedChain,
  base: Pick<SnapshotManifest, 'block' | 'certificate'>,
  at: Height,
): AsyncGenerator<Uint8Array> {
  yield snapshotFileHeader(stopped.chain.genesisHash)
  const recordHashes: Hash[] = []
  for await (const record of records(stopped, at)) {
    const { bytes, hash } = encodeSnapshotRecord(record)
    recordHashes.push(hash)
    yield bytes
  }
  yield encodeSnapshotRecord({ kind: 'manifest', manifest: { ...base, recordHashes } }).bytes
  yield snapshotFileEnd
}

async function* records(stopped: StoppedChain, at: Height): AsyncGenerator<SnapshotRecord> {
  yield* epochRecords(stopped, at)
  yield* stateRecords(stopped.executor, at)
}

/** What leads from genesis to the validators of the block's epoch, and the headers of that epoch up to the block. */
async function* epochRecords({ chain, epochs, chainSpec }: StoppedChain, at: Height): AsyncGenerator<SnapshotRecord> {
  const block = await chain.blockByHeight(at)
  const last = block?.header.epoch ?? epoch(0)
  for (let next = epoch(0); next < last;) {
    const ends = await serveEpochEnds(next, { chain, epochs, spec: chainSpec })
    if (ends.length === 0) throw new CodedError('SNAPSHOT_NOT_READY', `the end of epoch ${next} is not stored here`)
    yield { kind: 'ends', ends }
    next = epoch(next + ends.length)
  }
  const first = last === 0 ? 1 : boundaryHeight(epoch(last - 1), chainSpec.epochLengthBlocks) + 1
  for (let from = first; from <= at; from += HEADER_TRAIL_MAX) {
    const entries: HeaderTrailResponse['entries'][number][] = []
    for (let next = from; next <= Math.min(at, from + HEADER_TRAIL_MAX - 1); next++) {
      const found = await chain.blockByHeight(heightFrom(next))
      if (found === undefined) throw new CodedError('SNAPSHOT_NOT_READY', `block ${next} is not stored here`)
      entries.push({ header: found.header, evidence: found.evidence })
    }
    yield { kind: 'trail', entries }
  }
}

/** Each account chunk, then the storages and the new codes of its accounts. */
async function* stateRecords(executor: Executor, at: Height): AsyncGenerator<SnapshotRecord> {
  const writtenCodes = new Set<Hash>()
  for (let start: Hash | undefined = ZERO_HASH; start !== undefined;) {
    const { hasMore, ...range } = await executor.trieRange({ start, maxBytes: CHUNK_BYTES }, at)
    yield chunk(at, [], start, [range])
    const owners: Hash[] = []
    const codes = new Set<Hash>()
    for (const { key, value } of range.items) {
      const { storageRoot, codeHash } = decodeFileAccount(value)
      if (storageRoot !== EMPTY_TRIE_ROOT) owners.push(key)
      if (codeHash !== EMPTY_CODE_HASH && !writtenCodes.has(codeHash)) codes.add(codeHash)
    }
    yield* storageRecords(executor, owners, at)
    yield* codeRecords(executor, [...codes])
    for (const hash of codes) writtenCodes.add(hash)
    start = hasMore ? keyAfterLast(range.items) : undefined
  }
}

async function* storageRecords(
  executor: Executor,
  owners: readonly Hash[],
  at: Height,
): AsyncGenerator<SnapshotRecord> {
  let group: { owners: Hash[]; ranges: SnapshotRange[]; left: number } = { owners: [], ranges: [], left: CHUNK_BYTES }
  const flush = function* (start: Hash): Generator<SnapshotRecord> {
    if (group.owners.length > 0) yield chunk(at, group.owners, start, group.ranges)
    group = { owners: [], ranges: [], left: CHUNK_BYTES }
  }
  for (const owner of owners) {
    for (let start: Hash | undefined = ZERO_HASH; start !== undefined;) {
      const { hasMore, ...range } = await executor.trieRange({ owner, start, maxBytes: CHUNK_BYTES }, at)
      if (start !== ZERO_HASH) yield chunk(at, [owner], start, [range])
      else {
        group.owners.push(owner)
        group.ranges.push(range)
        group.left -= range.items.reduce((sum, { value }) => sum + 32 + value.length, 0)
        if (hasMore || group.left <= 0 || group.owners.length === SNAPSHOT_OWNERS_MAX) yield* flush(ZERO_HASH)
      }
      start = hasMore ? keyAfterLast(range.items) : undefined
    }
  }
  yield* flush(ZERO_HASH)
}

async function* codeRecords(executor: Executor, hashes: readonly Hash[]): AsyncGenerator<SnapshotRecord> {
  let codes: Uint8Array[] = []
  let left = CHUNK_BYTES
  for (const hash of hashes) {
    const [code] = await executor.codes([hash])
    if (code === undefined) throw new CodedError('STATE_CORRUPT', `no code of hash ${hash}`)
    codes.push(code)
    left -= code.length
    if (left > 0 && codes.length < SNAPSHOT_CODES_MAX) continue
    yield { kind: 'codes', codes }
    codes = []
    left = CHUNK_BYTES
  }
  if (codes.length > 0) yield { kind: 'codes', codes }
}

function chunk(height: Height, owners: readonly Hash[], start: Hash, ranges: readonly SnapshotRange[]): SnapshotRecord {
  return { kind: 'chunk', request: { height, owners, start, maxBytes: CHUNK_BYTES }, ranges }
}

/** The name appears with the whole content, on disk, or not at all. */
async function writeToFile(chunks: AsyncGenerator<Uint8Array>, path: string): Promise<void> {
  const newPath = `${path}.${randomUUID()}`
  try {
    await pipeline(Readable.from(chunks), createWriteStream(newPath, { flags: 'wx', flush: true }))
    await rename(newPath, path)
  } catch (error) {
    await rm(newPath, { force: true })
    if (!(error instanceof Error) || error instanceof CodedError || !('code' in error)) throw error
    throw new CodedError('SNAPSHOT_WRITE_FAILED', `cannot write to ${path}: ${error.message}`, { cause: error })
  }
}
