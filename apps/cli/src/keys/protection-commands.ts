/**
 * `cairn keys protection export|import`: what a validator key has signed, as an EIP-3076-style file. A key that moves to
 * another machine takes it along: export on the old one, which never runs again, import on the new one before its first
 * start. Importing never lowers protection.
 */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import {
  type ProtectedKey,
  type RecoveredWal,
  type SignerRecord,
  compactRecords,
  mergeProtection,
  parseProtection,
  recoverFromWal,
  serializeProtection,
} from '@cairn/consensus'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { createAppendLogFile } from '@cairn/platform-node'
import type { AppendLog } from '@cairn/ports'
import { CodedError, epoch, hexFromBytes, view } from '@cairn/primitives'
import { writeErrorLine } from '../chain-files/output-line.ts'
import { assertIsDataDirectory, openStoppedChain } from '../chain-files/stopped-chain.ts'

export interface ProtectionExportOptions {
  readonly dataDir: string
  /** `-`: standard output. */
  readonly output: string
  /** Only a floor: nothing at or below the newest vote is signed again. */
  readonly minimal: boolean
}

/** Larger files are not read at all. */
const FILE_MAX_BYTES = 64 * 1024 * 1024

/**
 * @throws CodedError `KEY_MISSING`, `WAL_CORRUPT`, `PROTECTION_RECORD_LOST`, `PROTECTION_EXPORT_FAILED`, and what opening
 * the directory throws
 */
export async function runProtectionExport(options: ProtectionExportOptions, writeLine = writeErrorLine): Promise<void> {
  await using cleanup = new AsyncDisposableStack()
  const { key, record } = await openRecord(options.dataDir, cleanup)
  const text = serializeProtection(key, record, options.minimal ? 'minimal' : 'complete')
  if (options.output === '-') process.stdout.write(text)
  else await writeWholeFile(options.output, text)
  writeLine(`exported ${describe(record)} of the key ${key.publicKey}; do not let this node sign again`)
}

/**
 * @throws CodedError `KEY_MISSING`, `WAL_CORRUPT`, `PROTECTION_RECORD_LOST`, `PROTECTION_FILE_UNREADABLE`, `PROTECTION_…`
 * for what the file says,
 * and what opening the directory throws
 */
export async function runProtectionImport(
  file: string,
  { dataDir }: { readonly dataDir: string },
  writeLine = writeErrorLine,
): Promise<void> {
  const text = await readProtectionFile(file)
  await using cleanup = new AsyncDisposableStack()
  const { key, wal, record, markUsed } = await openRecord(dataDir, cleanup)
  const imported = parseProtection(text, key)
  const merged = mergeProtection(record, imported)
  // A log with a floor is a whole record: nothing was signed at or below the first view of all, at the least.
  const floor = merged.floor ?? { epoch: epoch(0), view: view(0) }
  await wal.replace(compactRecords(floor, merged.ownVotes, record.certificates))
  // In this order, as at a start: should the log get lost before the first start, that is noticed.
  await markUsed()
  writeLine(`imported ${describe(imported)} for the key ${key.publicKey}; the record now has ${describe(merged)}`)
}

interface OpenRecord {
  readonly key: ProtectedKey
  readonly wal: AppendLog
  readonly record: RecoveredWal
  readonly markUsed: () => Promise<void>
}

/** Of a stopped node. The genesis hash follows from the chain spec, so a directory that never ran will do. */
async function openRecord(dataDir: string, cleanup: AsyncDisposableStack): Promise<OpenRecord> {
  assertIsDataDirectory(dataDir)
  const { chain, data } = await openStoppedChain({ dataDir, historyBlocks: 'all' }, cleanup)
  const secretKey = await data.readKey('validator.key')
  if (secretKey === undefined) throw new CodedError('KEY_MISSING', `${dataDir} has no validator.key`)
  const publicKey = hexFromBytes(createNativeBls().publicKey(secretKey))
  const wal = await createAppendLogFile(data.walPath)
  cleanup.defer(() => wal.close())
  const record = recoverFromWal(await wal.read())
  const isEmpty = record.floor === undefined && record.ownVotes.length === 0
  if (isEmpty && (await data.voteMarker.isSet())) {
    // Nobody knows what was signed since any export: the node must go on abstaining (R10).
    throw new CodedError(
      'PROTECTION_RECORD_LOST',
      `this validator has voted and its log is lost: no file can stand for it; started, it abstains until it is safe`,
    )
  }
  return { key: { genesisHash: chain.genesisHash, publicKey }, wal, record, markUsed: () => data.voteMarker.set() }
}

async function readProtectionFile(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > FILE_MAX_BYTES) {
      throw new CodedError('PROTECTION_TOO_LARGE', `${file} has more than ${FILE_MAX_BYTES} bytes`)
    }
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    throw new CodedError('PROTECTION_FILE_UNREADABLE', `${file} cannot be read: ${textOf(cause)}`, { cause })
  }
}

/** Under its name only when it is whole. */
async function writeWholeFile(path: string, text: string): Promise<void> {
  const partPath = `${path}.${randomUUID()}`
  try {
    await writeFile(partPath, text, { mode: 0o600, flush: true })
    await rename(partPath, path)
  } catch (cause) {
    await rm(partPath, { force: true })
    throw new CodedError('PROTECTION_EXPORT_FAILED', `${path} cannot be written: ${textOf(cause)}`, { cause })
  }
}

function describe({ floor, ownVotes }: SignerRecord): string {
  const votes = `${ownVotes.length} ${ownVotes.length === 1 ? 'vote' : 'votes'}`
  return floor === undefined ? votes : `${votes} above epoch ${floor.epoch}, view ${floor.view}`
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
