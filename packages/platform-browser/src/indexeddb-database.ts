/**
 * A connection to an IndexedDB database with one object store, and the mapping of its errors. The browser may end the
 * connection itself (storage cleared or evicted), and another tab may ask for it (a newer version, deletion): both
 * close it, and what comes after is refused with `STORE_CLOSED`.
 */
import { CodedError } from '@cairn/primitives'
import { deleteDB, openDB } from 'idb'
import type { IDBPDatabase } from 'idb'

export interface IndexedDbConnection {
  /** Runs `use` and codes its errors. @throws CodedError `STORE_CLOSED`, `STORE_FULL`, `STORE_FAILED` */
  run<T>(use: (database: IDBPDatabase) => Promise<T>): Promise<T>
  /** Transactions under way finish. Idempotent. */
  close(): void
}

/** Opens or creates the database. @throws CodedError `STORE_FULL`, `STORE_FAILED` */
export async function openIndexedDb(name: string, storeName: string): Promise<IndexedDbConnection> {
  let closed = false
  let database: IDBPDatabase | undefined
  const close = (): void => {
    closed = true
    database?.close()
  }
  try {
    database = await openDB(name, 1, {
      upgrade: (created) => void created.createObjectStore(storeName),
      blocking: close,
      terminated: close,
    })
  } catch (error) {
    throw codedError(error, name)
  }
  const opened = database
  return {
    run: async (use) => {
      if (closed) throw new CodedError('STORE_CLOSED', `the database ${name} is closed`, { data: { name } })
      try {
        return await use(opened)
      } catch (error) {
        throw error instanceof CodedError ? error : codedError(error, name)
      }
    },
    close,
  }
}

/** Deletes the database `name`, whose connections are closed. @throws CodedError `STORE_FAILED` */
export async function deleteDatabase(name: string): Promise<void> {
  await deleteDB(name).catch((error: unknown) => {
    throw codedError(error, name)
  })
}

function codedError(error: unknown, name: string): CodedError {
  const options = { cause: error, data: { name } }
  if (error instanceof DOMException && error.name === 'QuotaExceededError') {
    return new CodedError('STORE_FULL', `no space left for the database ${name}`, options)
  }
  return new CodedError('STORE_FAILED', `the database ${name} failed: ${String(error)}`, options)
}
