/**
 * Where a tab's state is: in a log in the origin's private file system, or in IndexedDB where the browser has none
 * (ADR 034). Opened by one worker at a time; both kinds hold the same entries.
 */
import type { KeyValueStore } from '@cairn/ports'
import { deleteDatabase } from './indexeddb-database.ts'
import { createIndexedDbStore } from './indexeddb-store.ts'
import { deleteOpfsFiles, openOpfsFiles } from './state-log/opfs-file.ts'
import { openStateLogStore } from './state-log/state-log-store.ts'

/** @throws CodedError `STORE_FAILED`, `STORE_FULL` */
export async function openStateStore(name: string): Promise<KeyValueStore> {
  const files = await openOpfsFiles(name)
  return files === undefined ? createIndexedDbStore(name) : openStateLogStore(files)
}

/** Of either kind; closed. @throws CodedError `STORE_FAILED` */
export async function deleteStateStore(name: string): Promise<void> {
  await Promise.all([deleteOpfsFiles(name), deleteDatabase(name)])
}
