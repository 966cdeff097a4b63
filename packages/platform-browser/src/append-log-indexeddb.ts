/**
 * `AppendLog` in IndexedDB: one entry for each record under consecutive numbers, in the frame of `wal-frame.ts`.
 * Rule R10 in a tab: strict durability before a vote leaves. Transactions are atomic, so nothing is ever torn; a gap in
 * the numbers or a bad frame is damage. `add` fails on a number in use, which keeps a second writer out even without
 * the Web Lock that a node holds.
 */
import type { AppendLog } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import { createGroupedAppendLog, decodeWalFrame, encodeWalFrame, walFrameHeaderBytes } from '@cairn/storage'
import type { IDBPDatabase } from 'idb'
import { openIndexedDb } from './indexeddb-database.ts'

const storeName = 'records'

/**
 * Opens or creates the log in the database `name` of this origin. With damage inside it opens too: `read` and
 * `append` then say `WAL_CORRUPT` until `replace`.
 * @throws CodedError `STORE_FULL`, `STORE_FAILED`
 */
export async function createIndexedDbAppendLog(name: string): Promise<AppendLog> {
  const connection = await openIndexedDb(name, storeName)
  /** Number of the next record; `undefined` before the first scan. */
  let next: number | undefined

  const scan = async (database: IDBPDatabase): Promise<readonly Uint8Array[]> => {
    const { store } = database.transaction(storeName)
    const [keys, frames] = await Promise.all([store.getAllKeys(), store.getAll()])
    const records = frames.map((frame, index) => recordFrom(keys[index], frame, index))
    next = records.length
    return records
  }
  const write = async (
    database: IDBPDatabase,
    records: readonly Uint8Array[],
    isReplacement: boolean,
  ): Promise<void> => {
    if (next === undefined && !isReplacement) await scan(database)
    const first = isReplacement ? 0 : (next ?? 0)
    const transaction = database.transaction(storeName, 'readwrite', { durability: 'strict' })
    const { store } = transaction
    const requests: Promise<unknown>[] = isReplacement ? [store.clear()] : []
    for (const [index, record] of records.entries()) {
      requests.push(store.add(encodeWalFrame(record, first + index), first + index))
    }
    // The transaction's own error says why; those of its requests only that it was aborted.
    await Promise.all([transaction.done, Promise.allSettled(requests)])
    next = first + records.length
  }

  return createGroupedAppendLog({
    append: (records) => connection.run((database) => write(database, records, false)),
    read: () => connection.run(scan),
    replace: (records) => connection.run((database) => write(database, records, true)),
    close: async () => connection.close(),
  })
}

function recordFrom(key: IDBValidKey | undefined, frame: unknown, index: number): Uint8Array {
  if (key === index && frame instanceof Uint8Array) {
    const record = decodeWalFrame(frame, index)
    if (record !== 'torn' && frame.length === walFrameHeaderBytes + record.length) return record
  }
  throw new CodedError('WAL_CORRUPT', `the write-ahead log is damaged: record ${index} is missing or incomplete`, {
    data: { position: index },
  })
}
