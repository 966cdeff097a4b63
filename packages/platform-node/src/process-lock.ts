/**
 * A lock file: one living process at a time. It is linked to its name when complete, so that it is never seen
 * half-written; a lock whose process is dead is taken over.
 * Known gap: of three processes that start in the same instant on a stale lock two may pass.
 */
import { randomUUID } from 'node:crypto'
import { readFile, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, readIfPresent, tryLink, writeWhole } from './data-directory-files.ts'
import { describeProcess, isAlive, parseHolder } from './data-directory-holder.ts'

/** Of a dead process: a day. */
const OLD_LOCK_MS = 24 * 60 * 60 * 1_000
/** Files looked at in one go. */
const OLD_LOCKS_LOOKED_AT_MAX = 256

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

/**
 * Removes locks that were left by processes killed long ago: `names` in `directory`. Only old ones, so that it never
 * meets a process that is just taking such a lock over.
 */
export async function removeOldLocks(directory: string, names: RegExp): Promise<void> {
  const found = (await readdir(directory)).filter((name) => names.test(name)).slice(0, OLD_LOCKS_LOOKED_AT_MAX)
  for (const name of found) {
    const path = join(directory, name)
    const content = await readIfPresent(path)
    if (content === undefined || isAlive(content.toString())) continue
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > OLD_LOCK_MS) await removeStale(path, content)
  }
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
