/**
 * Reads a snapshot file as if a stranger had sent it: certificate first, then every chunk against the certified root,
 * and that nothing is missing. What is proved goes to a sink, which stores it (restore) or drops it (verify).
 */
import {
  type ChainSpec,
  EMPTY_CODE_HASH,
  EMPTY_TRIE_ROOT,
  EPOCH_ENDS_MAX,
  type EpochEnd,
  type HeaderTrailResponse,
  type SnapshotRange,
  type StorageRange,
  decodeEpochEndsRequest,
  decodeHeaderTrailRequest,
  encodeEpochEndsResponse,
  encodeHeaderTrailResponse,
} from '@cairn/chain'
import { type Bls, keccak256 } from '@cairn/crypto'
import { createSnapshotEpochs } from '@cairn/node'
import type { Executor, RestorableState } from '@cairn/ports'
import { CodedError, type Hash, ZERO_HASH } from '@cairn/primitives'
import type { BaseTrust } from '@cairn/storage'
import { decodeFileAccount, keyAfterLast } from './account-leaf.ts'
import type { SnapshotFile, SnapshotManifest, SnapshotRecord } from './snapshot-file.ts'

export type SnapshotSink = Pick<RestorableState, 'restoreStorages' | 'restoreCodes' | 'restoreAccounts'>

export interface SnapshotCheckDeps {
  readonly chainSpec: ChainSpec
  readonly genesisHash: Hash
  readonly bls: Bls
  readonly verifyTrieRange: Executor['verifyTrieRange']
  readonly sink?: SnapshotSink
}

export interface CheckedSnapshot extends SnapshotManifest {
  /** What the block stands on. */
  readonly trust: BaseTrust
  readonly accountCount: number
  readonly slotCount: number
}

/** @throws CodedError `SNAPSHOT_WRONG_CHAIN`, `SNAPSHOT_CERTIFICATE_INVALID`, `SNAPSHOT_FILE_CORRUPT` */
export async function checkSnapshot(file: SnapshotFile, deps: SnapshotCheckDeps): Promise<CheckedSnapshot> {
  if (file.genesisHash !== deps.genesisHash) {
    throw new CodedError('SNAPSHOT_WRONG_CHAIN', `the snapshot is of the chain with genesis ${file.genesisHash}`)
  }
  const parts = await readParts(file)
  const trust = await checkCertificate(parts, deps)
  const { manifest } = parts
  const walk = createWalk(manifest.block.header.stateRoot, deps)
  for await (const { record } of file.records()) await walk.take(record)
  return { ...manifest, trust, ...walk.end() }
}

/** What is small enough to be in memory at once. */
interface SnapshotParts {
  readonly manifest: SnapshotManifest
  readonly ends: readonly EpochEnd[]
  readonly entries: HeaderTrailResponse['entries']
}

async function readParts(file: SnapshotFile): Promise<SnapshotParts> {
  const hashes: Hash[] = []
  const ends: EpochEnd[] = []
  const entries: HeaderTrailResponse['entries'][number][] = []
  let manifest: SnapshotManifest | undefined
  for await (const { record, hash } of file.records()) {
    if (record.kind === 'manifest') manifest = record.manifest
    else hashes.push(hash)
    if (record.kind === 'ends') ends.push(...record.ends)
    if (record.kind === 'trail') entries.push(...record.entries)
  }
  const isListed = manifest?.recordHashes.length === hashes.length
  if (manifest === undefined || !isListed || hashes.some((hash, index) => hash !== manifest.recordHashes[index])) {
    throw corrupt('its chunks are not those of its manifest')
  }
  return { manifest, ends, entries }
}

/** As a node does with what peers say, with the file for a peer. */
async function checkCertificate(
  { manifest, ends, entries }: SnapshotParts,
  deps: SnapshotCheckDeps,
): Promise<BaseTrust> {
  const { block, certificate } = manifest
  const network = {
    peers: () => [{ peerId: 'file', direction: 'outbound', transport: 'file', score: 0, gossiping: false }] as const,
    penalize: () => {},
    reserve: () => {},
    request: async (_peer: string, protocol: string, data: Uint8Array): Promise<Uint8Array> => {
      if (protocol === 'epoch-ends') {
        const request = decodeEpochEndsRequest(data)
        const from = ends.filter(({ header }) => request.ok && header.epoch >= request.value.fromEpoch)
        return encodeEpochEndsResponse({ ends: from.slice(0, EPOCH_ENDS_MAX) })
      }
      const request = decodeHeaderTrailRequest(data)
      const { lastHeight, countMax } = request.ok ? request.value : { lastHeight: 0, countMax: 0 }
      const until = entries.filter(({ header }) => header.height <= lastHeight)
      return encodeHeaderTrailResponse({ entries: until.slice(-countMax) })
    },
  }
  const epochs = createSnapshotEpochs({ ...deps, network })
  await epochs.learn(block.header.epoch, 'file')
  if (certificate.hash !== block.hash || epochs.verifyFinalization(certificate).verdict !== 'accept') {
    throw new CodedError('SNAPSHOT_CERTIFICATE_INVALID', 'the certificate does not finalize the snapshot’s block')
  }
  try {
    return await epochs.trustAt(block)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    throw corrupt('the headers of its epoch do not lead to its block')
  }
}

interface Walk {
  take(record: SnapshotRecord): Promise<void>
  end(): { readonly accountCount: number; readonly slotCount: number }
}

/** Progress of a restore from a file: it begins anew when it is cut off. */
const PROGRESS = Uint8Array.of(0xc0)

function createWalk(stateRoot: Hash, { verifyTrieRange, sink }: SnapshotCheckDeps): Walk {
  /** `undefined` after the last account. */
  let next: Hash | undefined = ZERO_HASH
  let accounts: StorageRange['items'] = []
  const storages = new Map<Hash, { readonly root: Hash; readonly next: Hash }>()
  const codes = new Set<Hash>()
  const knownCodes = new Set<Hash>()
  let accountCount = 0
  let slotCount = 0

  const proved = async (root: Hash, start: Hash, range: SnapshotRange): Promise<boolean> => {
    const hasMore = await verifyTrieRange(root, start, range)
    if (hasMore === undefined) throw corrupt('a chunk does not hold against the certified root')
    return hasMore
  }
  const flush = async (): Promise<void> => {
    if (storages.size > 0 || codes.size > 0) throw corrupt('storages or codes are missing')
    if (accounts.length > 0) await sink?.restoreAccounts(accounts, PROGRESS)
    accountCount += accounts.length
    accounts = []
  }
  const takeAccounts = async ({ request, ranges }: Extract<SnapshotRecord, { kind: 'chunk' }>): Promise<void> => {
    await flush()
    const [range] = ranges
    if (next === undefined || request.start !== next || range === undefined || ranges.length > 1) {
      throw corrupt('account chunks are not in order')
    }
    const hasMore = await proved(stateRoot, next, range)
    accounts = range.items
    for (const { key, value } of range.items) {
      const leaf = decodeFileAccount(value)
      if (leaf.storageRoot !== EMPTY_TRIE_ROOT) storages.set(key, { root: leaf.storageRoot, next: ZERO_HASH })
      if (leaf.codeHash !== EMPTY_CODE_HASH && !knownCodes.has(leaf.codeHash)) codes.add(leaf.codeHash)
    }
    next = hasMore ? keyAfterLast(range.items) : undefined
  }
  const takeStorages = async ({ request, ranges }: Extract<SnapshotRecord, { kind: 'chunk' }>): Promise<void> => {
    const parts: StorageRange[] = []
    for (const [index, { items, proof }] of ranges.entries()) {
      const owner = request.owners[index]
      const wanted = owner === undefined ? undefined : storages.get(owner)
      const start = index === 0 ? request.start : ZERO_HASH
      if (owner === undefined || wanted?.next !== start) throw corrupt('a storage chunk that no account asks for')
      const hasMore = await proved(wanted.root, start, { items, proof })
      const after = hasMore ? keyAfterLast(items) : undefined
      if (after === undefined) storages.delete(owner)
      else storages.set(owner, { root: wanted.root, next: after })
      parts.push({ owner, items, next: after })
      slotCount += items.length
    }
    await sink?.restoreStorages(parts, PROGRESS)
  }
  return {
    take: async (record) => {
      if (record.kind === 'manifest') return flush()
      if (record.kind === 'chunk')
        return record.request.owners.length === 0 ? takeAccounts(record) : takeStorages(record)
      if (record.kind !== 'codes') return
      for (const code of record.codes) {
        const hash = keccak256(code)
        if (!codes.delete(hash)) throw corrupt('a code that no account asks for')
        knownCodes.add(hash)
      }
      await sink?.restoreCodes(record.codes)
    },
    end: () => {
      if (next !== undefined) throw corrupt('accounts are missing')
      return { accountCount, slotCount }
    },
  }
}

function corrupt(what: string): CodedError {
  return new CodedError('SNAPSHOT_FILE_CORRUPT', `the snapshot file is damaged: ${what}`)
}
