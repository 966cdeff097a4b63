/**
 * Files of the origin's private file system, read and written synchronously: only dedicated workers get them, one at a
 * time. A handle of a page that has just been left is let go a moment later.
 */
import { CodedError } from '@cairn/primitives'
import { OPFS_PATIENCE_MS, OPFS_RETRY_MS } from '../limits.ts'
import type { LogFile, LogFilePair } from './log-file.ts'

/** As of the File System standard; the DOM library types it for workers only. */
interface SyncAccessHandle {
  getSize(): number
  read(bytes: Uint8Array, options: { readonly at: number }): number
  write(bytes: Uint8Array, options: { readonly at: number }): number
  truncate(sizeBytes: number): void
  flush(): void
  close(): void
}

interface SyncFileHandle {
  createSyncAccessHandle?(): Promise<SyncAccessHandle>
}

/**
 * The two files of the log `name`; `undefined` where the browser has none for workers.
 * @throws CodedError `STORE_FAILED` when somebody else keeps them
 */
export async function openOpfsFiles(name: string): Promise<LogFilePair | undefined> {
  const folder = await folderOf(name, true)
  if (folder === undefined) return undefined
  const first = await openFile(folder, 'a')
  if (first === undefined) return undefined
  const second = await openFile(folder, 'b')
  return second && [first, second]
}

/** Idempotent. The log is closed. */
export async function deleteOpfsFiles(name: string): Promise<void> {
  if ((await folderOf(name, false)) === undefined) return
  const root = await navigator.storage.getDirectory()
  await root.removeEntry(name, { recursive: true })
}

async function folderOf(name: string, create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await navigator.storage.getDirectory()
    return await root.getDirectoryHandle(name, { create })
  } catch {
    // Not there, or a browser (or a mode of it) without a private file system.
    return undefined
  }
}

async function openFile(folder: FileSystemDirectoryHandle, name: string): Promise<LogFile | undefined> {
  const handle = (await folder.getFileHandle(name, { create: true })) as SyncFileHandle
  if (handle.createSyncAccessHandle === undefined) return undefined
  for (let waitedMs = 0; ; waitedMs += OPFS_RETRY_MS) {
    try {
      return logFileFrom(await handle.createSyncAccessHandle())
    } catch (cause) {
      if (waitedMs >= OPFS_PATIENCE_MS) throw new CodedError('STORE_FAILED', 'the state log is in use', { cause })
    }
    await new Promise((resolve) => setTimeout(resolve, OPFS_RETRY_MS))
  }
}

function logFileFrom(handle: SyncAccessHandle): LogFile {
  return {
    sizeBytes: () => handle.getSize(),
    read: (at, lengthBytes) => {
      const bytes = new Uint8Array(lengthBytes)
      const readBytes = handle.read(bytes, { at })
      return readBytes < lengthBytes ? bytes.subarray(0, readBytes) : bytes
    },
    write: (at, bytes) => {
      // Chromium's private mode does not throw when there is no space: it answers an error number of four bytes.
      if (handle.write(bytes, { at }) !== bytes.length) throw new DOMException('cut off', 'QuotaExceededError')
    },
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    flush: () => handle.flush(),
    close: () => handle.close(),
  }
}
