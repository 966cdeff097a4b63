/**
 * Older states inside the pruning window. Each commit stores, in the batch of its changes, the values it overwrote:
 * the undo list of its height, and an index row beside it. A key's value at height a is what the first list above a
 * says of it, and the committed value when none does. Trie records are in the lists too, so calls and proofs work
 * at every kept height unchanged. Lists never change once written: nothing here is invalidated by a new head.
 *
 * Invariant: the stored lists are those of `lowest … head`, without a gap; whatever does not reach the head when the
 * store is opened (history was off for a while, or the state came from elsewhere) is deleted.
 *
 * An archive keeps lists for its newest heights only; what is older is read from the values by key (`value-archive.ts`),
 * which are written in the same batches. Lists of a store that was no archive before become such values when it is opened.
 */
import { CodedError, assert } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import type { BatchOperation, ExecutedBlock, KeyValueStore } from '@cairn/ports'
import { layerFromChangeset, readChangeset } from './abi/changeset.ts'
import { AbiReader } from './abi/reader.ts'
import {
  ARCHIVE_LIST_BLOCKS,
  HISTORY_INDEX_MAX_BYTES,
  HISTORY_PRUNE_BATCH,
  HISTORY_REACH_BLOCKS_MAX,
  UNDO_ENTRY_OVERHEAD_BYTES,
} from './limits.ts'
import { createLruCache } from './lru-cache.ts'
import type { PastState } from './past-state.ts'
import { UNDO_INDEX_PREFIX, UNDO_PREFIX, heightFromKey, heightKey } from './state-key.ts'
import { decodeUndoIndexRow, encodeUndoIndexRow, fingerprintOf, hasFingerprint } from './undo-index.ts'
import type { UndoIndexRow } from './undo-index.ts'
import { createValueArchive } from './value-archive.ts'

/** How many blocks below the head stay readable; `all`: an archive. */
export type HistoryBlocks = number | 'all'

export interface UndoHistory {
  /** Before anything else; prunes what the window no longer covers. */
  open(head: ExecutedBlock): Promise<void>
  /** Writes that belong into the batch that makes `block` the head; `undo` is its encoded undo list. */
  recordsOf(parent: ExecutedBlock, block: ExecutedBlock, undo: Uint8Array): readonly BatchOperation[]
  /** Those records are written. */
  advance(block: ExecutedBlock): void
  /** A height below the head. @throws CodedError `STATE_PRUNED`, `STATE_CORRUPT` */
  at(height: Height, head: ExecutedBlock): Promise<PastState>
  /** Lists and index rows in memory, estimated. */
  sizeBytes(): number
}

export interface UndoHistoryOptions {
  readonly store: KeyValueStore
  readonly blocks: HistoryBlocks
  /** Undo lists stored, together; older ones go, but for the newest. Default: only their number counts. */
  readonly storedMaxBytes?: number | undefined
  /** Bound of the undo lists kept decoded. */
  readonly cacheMaxBytes: number
}

export function createUndoHistory(options: UndoHistoryOptions): UndoHistory {
  const { store, storedMaxBytes, cacheMaxBytes } = options
  const archive = createValueArchive(store)
  // Where bytes are counted nothing can be kept for ever.
  const isArchive = options.blocks === 'all' && storedMaxBytes === undefined
  /** Heights with lists; `all` under a bound of bytes. */
  const blocks = isArchive ? ARCHIVE_LIST_BLOCKS : options.blocks
  const getSync = store.getSync?.bind(store)
  const lists = createLruCache<number, UndoList>(cacheMaxBytes, (list) => list.sizeBytes)
  const rows = createLruCache<number, UndoIndexRow>(HISTORY_INDEX_MAX_BYTES, rowSizeBytes)
  /** Height of the oldest stored list; `undefined`: there is none. */
  let lowest: number | undefined
  /** Of the stored lists, by height; kept where there is a bound. */
  const sizes = new Map<number, number>()
  let storedBytes = 0
  const note = (height: number, sizeBytes: number): void => {
    if (storedMaxBytes === undefined) return
    storedBytes += sizeBytes - (sizes.get(height) ?? 0)
    if (sizeBytes === 0) sizes.delete(height)
    else sizes.set(height, sizeBytes)
  }
  /** The lowest height kept once a list of `sizeBytes` is there for `height`. */
  const lowestWith = (height: number, sizeBytes: number): number => {
    let from = lowest ?? height
    if (blocks !== 'all') from = Math.max(from, height - blocks + 1)
    if (storedMaxBytes === undefined) return from
    let left = storedBytes + sizeBytes
    for (let at = lowest ?? height; at < from; at++) left -= sizes.get(at) ?? 0
    for (; left > storedMaxBytes && from < height; from++) left -= sizes.get(from) ?? 0
    return from
  }

  let planned: { readonly height: number; readonly lowest: number; readonly sizeBytes: number } | undefined

  const keep = (height: number, bytes: Uint8Array | undefined): UndoList => {
    const list = decodeUndoList(height, bytes)
    lists.set(height, list)
    return list
  }
  const listOf = async (height: number): Promise<UndoList> =>
    lists.get(height) ?? keep(height, await store.get(heightKey(UNDO_PREFIX, height)))

  const remove = async (from: number, to: number): Promise<void> => {
    for (let start = from; start < to; start += HISTORY_PRUNE_BATCH) {
      const end = Math.min(to, start + HISTORY_PRUNE_BATCH)
      await store.batch(Array.from({ length: end - start }, (_, index) => deletions(start + index)).flat())
    }
  }

  /** Rows of `from … to`, both inclusive. */
  const rowsOf = async (from: number, to: number): Promise<readonly UndoIndexRow[]> => {
    const found = Array.from({ length: to - from + 1 }, (_, index) => rows.get(from + index))
    const missing = found.flatMap((row, index) => (row === undefined ? [index] : []))
    const loaded = await store.getMany(missing.map((index) => heightKey(UNDO_INDEX_PREFIX, from + index)))
    for (const [position, index] of missing.entries()) {
      const bytes = loaded[position]
      if (bytes === undefined) throw new CodedError('STATE_CORRUPT', `no undo index row of height ${from + index}`)
      const row = decodeUndoIndexRow(bytes)
      rows.set(from + index, row)
      found[index] = row
    }
    return found as readonly UndoIndexRow[]
  }

  /** Brings the archive to the head from the lists `oldest … head`, or empties it where they do not reach it. */
  const openArchive = async (oldest: number | undefined, head: ExecutedBlock): Promise<void> => {
    await archive.open()
    const span = archive.span()
    if (span !== undefined && (!isArchive || span.to > head.height || span.to + 1 < (oldest ?? head.height + 1))) {
      await archive.clear()
    }
    if (!isArchive || oldest === undefined) return
    for (let at = (archive.span()?.to ?? oldest - 1) + 1; at <= head.height; at++) {
      const [row] = await rowsOf(at, at)
      const { values } = decodeUndoList(at, await store.get(heightKey(UNDO_PREFIX, at)))
      await store.batch(archive.recordsOf((row as UndoIndexRow).parent, at, values))
      archive.advance(at)
    }
  }

  return {
    open: async (head) => {
      const oldest = await edgeHeight(store, false)
      const newest = await edgeHeight(store, true)
      await openArchive(newest === head.height ? oldest : undefined, head)
      if (oldest === undefined || newest === undefined) return
      const windowStart = blocks === 'all' ? oldest : Math.max(oldest, head.height - blocks + 1)
      const isConnected = newest === head.height && windowStart <= newest
      await remove(oldest, isConnected ? windowStart : newest + 1)
      lowest = isConnected ? windowStart : undefined
      if (storedMaxBytes === undefined || lowest === undefined) return
      for (let at = windowStart; at <= head.height; at++) {
        note(at, (await store.get(heightKey(UNDO_PREFIX, at)))?.length ?? 0)
      }
    },
    recordsOf: (parent, block, undo) => {
      if (blocks === 0) return []
      const values = layerFromChangeset(readChangeset(new AbiReader(undo)))
      const { height } = block
      const from = lowestWith(height, undo.length)
      const dropped = Array.from({ length: from - (lowest ?? from) }, (_, index) => (lowest as number) + index)
      planned = { height, lowest: from, sizeBytes: undo.length }
      return [
        { type: 'put', key: heightKey(UNDO_PREFIX, height), value: undo },
        {
          type: 'put',
          key: heightKey(UNDO_INDEX_PREFIX, height),
          value: encodeUndoIndexRow(parent, [...values.keys()]),
        },
        ...dropped.flatMap(deletions),
        ...(isArchive ? archive.recordsOf(parent, height, values) : []),
      ]
    },
    advance: ({ height }) => {
      if (blocks === 0) return
      assert(planned?.height === height, 'the records of the new head were asked for')
      for (let at = lowest ?? planned.lowest; at < planned.lowest; at++) note(at, 0)
      note(height, planned.sizeBytes)
      lowest = planned.lowest
      if (isArchive) archive.advance(height)
    },
    at: async (height, head) => {
      const listed = Math.max((lowest ?? head.height + 1) - 1, head.height - HISTORY_REACH_BLOCKS_MAX)
      const archived = archive.span()?.from
      const oldest = archived === undefined ? listed : Math.min(archived - 1, listed)
      if (height < oldest) throw prunedError(height, oldest)
      if (height < listed) return archive.at(height, head)
      const above = await rowsOf(height + 1, head.height)
      const block = above[0]?.parent
      assert(block?.height === height, 'an undo index row names its parent')
      const find = async (key: string): Promise<Uint8Array | null | undefined> => {
        for (const candidate of candidatesOf(key, height, above)) {
          const value = (await listOf(candidate)).values.get(key)
          if (value !== undefined) return value
        }
        return undefined
      }
      if (getSync === undefined) return { block, find }
      return {
        block,
        find,
        findSync: (key) => {
          for (const candidate of candidatesOf(key, height, above)) {
            const list = lists.get(candidate) ?? keep(candidate, getSync(heightKey(UNDO_PREFIX, candidate)))
            const value = list.values.get(key)
            if (value !== undefined) return value
          }
          return undefined
        },
      }
    },
    sizeBytes: () => lists.sizeBytes() + rows.sizeBytes(),
  }
}

interface UndoList {
  /** `null`: absent before. */
  readonly values: ReadonlyMap<string, Uint8Array | null>
  readonly sizeBytes: number
}

/** Heights whose list may hold the key, from the one right above the wanted state. */
function* candidatesOf(key: string, height: number, above: readonly UndoIndexRow[]): Iterable<number> {
  const fingerprint = fingerprintOf(key)
  for (let index = 0; index < above.length; index++) {
    if (hasFingerprint((above[index] as UndoIndexRow).fingerprints, fingerprint)) yield height + 1 + index
  }
}

function decodeUndoList(height: number, bytes: Uint8Array | undefined): UndoList {
  if (bytes === undefined) throw new CodedError('STATE_CORRUPT', `no undo list of height ${height}`)
  try {
    const reader = new AbiReader(bytes)
    const values = layerFromChangeset(readChangeset(reader))
    reader.end()
    return { values, sizeBytes: bytes.length + values.size * UNDO_ENTRY_OVERHEAD_BYTES }
  } catch (cause) {
    throw new CodedError('STATE_CORRUPT', `the undo list of height ${height} does not decode`, {
      cause,
    })
  }
}

function deletions(height: number): readonly BatchOperation[] {
  return [UNDO_PREFIX, UNDO_INDEX_PREFIX].map((prefix) => ({
    type: 'delete',
    key: heightKey(prefix, height),
  }))
}

/** Height of the first or the last index row. */
async function edgeHeight(store: KeyValueStore, reverse: boolean): Promise<number | undefined> {
  const range = {
    gte: heightKey(UNDO_INDEX_PREFIX, 0),
    lt: heightKey(UNDO_INDEX_PREFIX, Number.MAX_SAFE_INTEGER),
  }
  for await (const [key] of store.entries({ ...range, reverse, limit: 1 })) return heightFromKey(UNDO_INDEX_PREFIX, key)
  return undefined
}

function rowSizeBytes({ fingerprints, parent }: UndoIndexRow): number {
  return fingerprints.byteLength + parent.executionHeader.length + UNDO_ENTRY_OVERHEAD_BYTES
}

function prunedError(height: number, oldestHeight: number): CodedError {
  return new CodedError('STATE_PRUNED', `the state of height ${height} is not kept`, {
    data: { height, oldestHeight },
  })
}
