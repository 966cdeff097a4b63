/**
 * `KeyValueStore` on IndexedDB: one database, one object store, binary keys (compared by byte, as the port asks).
 * Transactions cost more than reads, so that `getMany` is one transaction. Durable batches ask for strict durability:
 * browsers flush to disk then, and only then. Iteration goes by pages, since a transaction ends at the first foreign
 * `await`.
 */
import type { KeyRange, KeyValueStore } from '@cairn/ports'
import { assert } from '@cairn/primitives'
import type { IDBPDatabase } from 'idb'
import { openIndexedDb } from './indexeddb-database.ts'

const storeName = 'entries'

/** Entries of the first page of an iteration; later ones adapt to the size of what was found. */
const firstPageCount = 16

/** Most entries of one page. */
const pageCountMax = 1024

/** A page above this makes the next one smaller, one far below makes it larger. */
const pageSizeBytes = 1024 * 1024

/**
 * Opens or creates the database `name` of this origin.
 * @throws CodedError `STORE_FAILED`, `STORE_FULL`
 */
export async function createIndexedDbStore(name: string): Promise<KeyValueStore> {
  const connection = await openIndexedDb(name, storeName)
  return {
    get: (key) =>
      connection.run(async (database) => {
        const value: ArrayBuffer | undefined = await database.get(storeName, ownBuffer(key))
        return value === undefined ? undefined : new Uint8Array(value)
      }),
    getMany: (keys) =>
      connection.run(async (database) => {
        if (keys.length === 0) return []
        const { store } = database.transaction(storeName)
        const values = await Promise.all(keys.map((key): Promise<ArrayBuffer | undefined> => store.get(ownBuffer(key))))
        return values.map((value) => (value === undefined ? undefined : new Uint8Array(value)))
      }),
    batch: (operations, options) =>
      connection.run(async (database) => {
        if (operations.length === 0) return
        const durability = options?.durable === true ? 'strict' : 'relaxed'
        const transaction = database.transaction(storeName, 'readwrite', { durability })
        const { store } = transaction
        const requests = operations.map((operation) =>
          operation.type === 'put'
            ? store.put(ownBuffer(operation.value), ownBuffer(operation.key))
            : store.delete(ownBuffer(operation.key)),
        )
        // The transaction's own error says why; those of its requests only that it was aborted.
        await Promise.all([transaction.done, Promise.allSettled(requests)])
      }),
    entries: async function* (range) {
      let remaining = range.limit ?? Number.POSITIVE_INFINITY
      let pageCount = firstPageCount
      for (let bounds = boundsOf(range); bounds !== 'empty' && remaining > 0;) {
        const query = bounds
        const page = await connection.run((database) =>
          readPage(database, query, range.reverse === true, Math.min(pageCount, remaining)),
        )
        yield* page
        const last = page.at(-1)
        if (last === undefined || page.length < Math.min(pageCount, remaining)) return
        remaining -= page.length
        pageCount = nextPageCount(page, pageCount)
        bounds = boundsOf(range, last[0])
      }
    },
    close: async () => connection.close(),
  }
}

type Entry = readonly [key: Uint8Array, value: Uint8Array]

async function readPage(
  database: IDBPDatabase,
  query: IDBKeyRange | null,
  reverse: boolean,
  countMax: number,
): Promise<readonly Entry[]> {
  const { store } = database.transaction(storeName)
  if (!reverse) {
    const [keys, values] = await Promise.all([store.getAllKeys(query, countMax), store.getAll(query, countMax)])
    return keys.map((key, index) => entryFrom(key, values[index]))
  }
  const page: Entry[] = []
  for (let cursor = await store.openCursor(query, 'prev'); cursor !== null; cursor = await cursor.continue()) {
    page.push(entryFrom(cursor.key, cursor.value))
    if (page.length === countMax) break
  }
  return page
}

/** Keys of the range that come after `last`, in its direction. `null`: all there are. */
function boundsOf(range: KeyRange, last?: Uint8Array): IDBKeyRange | null | 'empty' {
  const isForward = range.reverse !== true
  const lower = isForward && last !== undefined ? last : range.gte
  const isLowerOpen = isForward && last !== undefined
  const upper = isForward || last === undefined ? range.lt : last
  if (lower === undefined) return upper === undefined ? null : IDBKeyRange.upperBound(ownBuffer(upper), true)
  if (upper === undefined) return IDBKeyRange.lowerBound(ownBuffer(lower), isLowerOpen)
  if (indexedDB.cmp(ownBuffer(lower), ownBuffer(upper)) >= 0) return 'empty'
  return IDBKeyRange.bound(ownBuffer(lower), ownBuffer(upper), isLowerOpen, true)
}

function nextPageCount(page: readonly Entry[], pageCount: number): number {
  const sizeBytes = page.reduce((sum, [, value]) => sum + value.length, 0)
  if (sizeBytes > pageSizeBytes) return Math.max(1, pageCount >> 2)
  return sizeBytes * 4 > pageSizeBytes ? pageCount : Math.min(pageCountMax, pageCount * 4)
}

function entryFrom(key: IDBValidKey, value: unknown): Entry {
  assert(key instanceof ArrayBuffer && value instanceof ArrayBuffer, 'entries are byte strings')
  return [new Uint8Array(key), new Uint8Array(value)]
}

/** A buffer of exactly these bytes: a view would be stored with all of the buffer behind it. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
