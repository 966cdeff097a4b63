/**
 * A lock file: one living process at a time. It is linked to its name when complete, so that it is never seen
 * half-written; a lock whose process is dead is taken over.
 * Known gap: of three processes that start in the same instant on a stale lock two may pass.
 */
import { randomUUID } from 'node:crypto'
import { readFile, rename, unlink } from 'node:fs/promises'
import { hasCode, readIfPresent, tryLink, writeWhole } from './data-directory-files.ts'
import { describeProcess, isAlive, parseHolder } from './data-directory-holder.ts'

/** Gives the lock up. Idempotent. */
export type ReleaseLock = () => Promise<void>

/**
 * Takes the lock at `path`, in an existing directory.
 * @throws what `inUse` makes of the holder's pid, where it is known; system errors
 */
export async function takeProcessLock(path: string, inUse: (pid: number | undefined) => Error): Promise<ReleaseLock> {
  const holder = describeProcess(process.pid)
  const ownPath = `${path}.${randomUUID()}`
  await writeWhole(ownPath, new TextEncoder().encode(holder), 0o600)
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await tryLink(ownPath, path)) return () => release(path, holder)
      const found = await readIfPresent(path)
      if (found === undefined) continue
      const text = found.toString()
      if (isAlive(text)) throw inUse(parseHolder(text)?.pid)
      await removeStale(path, found)
    }
  } finally {
    await unlink(ownPath)
  }
  throw inUse(undefined)
}

/** Takes a dead process's lock away, unless it is another one by now. */
async function removeStale(path: string, stale: Buffer): Promise<void> {
  const asidePath = `${path}.${randomUUID()}`
  try {
    await rename(path, asidePath)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    throw error
  }
  if (!stale.equals(await readFile(asidePath))) await tryLink(asidePath, path)
  await unlink(asidePath)
}

async function release(path: string, holder: string): Promise<void> {
  const found = await readIfPresent(path)
  if (found?.toString() === holder) await unlink(path)
}
