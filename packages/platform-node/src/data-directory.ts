/**
 * A node's data directory and who may use it.
 *
 *   VERSION        layout version, written before anything else
 *   LOCK           who holds the directory, while a node runs
 *   identity.key   libp2p key                validator.key   consensus key           (both mode 0600)
 *   wal            write-ahead log           network.json    what the node was told about its network
 *   voted          empty: the log was used   wal.damaged     a log that was set aside, if there was one
 *   chain/         chain store (LevelDB)     state/          state store (LevelDB)
 *
 * Invariants: one process at a time (`process-lock.ts`; where that has a gap, LevelDB's own lock on `chain/` refuses the
 * second one); a directory of another layout is left as it is.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CodedError } from '@cairn/primitives'
import { hasCode, readIfPresent, syncDirectory, tryLink, writeWhole } from './data-directory-files.ts'
import { takeProcessLock } from './process-lock.ts'
import type { ReleaseLock } from './process-lock.ts'

/** Of the layout above; a change that an older program cannot read makes it one more. */
const layoutVersion = 2

export type KeyFileName = 'identity.key' | 'validator.key'

/** A data directory held by this process. */
export interface DataDirectory {
  readonly path: string
  readonly walPath: string
  readonly chainPath: string
  readonly statePath: string
  readonly networkPath: string
  /** Says that the key in here has a log: one that is missing then was lost (R10). */
  readonly voteMarker: { isSet(): Promise<boolean>; set(): Promise<void> }
  /** `undefined` where there is none. @throws CodedError `KEY_FILE_EXPOSED` when others than the owner may read it */
  readKey(name: KeyFileName): Promise<Uint8Array | undefined>
  /** Durable, mode 0600. @throws CodedError `KEY_FILE_EXISTS`: a key is never overwritten */
  writeKey(name: KeyFileName, content: Uint8Array): Promise<void>
  /** Gives the directory up. Idempotent. */
  close(): Promise<void>
}

/**
 * Creates or opens the directory and locks it.
 * @throws CodedError `DATA_DIRECTORY_IN_USE` (with the `pid` in its data), `DATA_DIRECTORY_VERSION`,
 * `DATA_DIRECTORY_CORRUPT`, `DATA_DIRECTORY_FAILED`, `STORE_FULL`
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  let release: ReleaseLock
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    release = await takeProcessLock(join(path, 'LOCK'), (pid) => inUse(path, pid))
    try {
      await checkLayout(path)
    } catch (error) {
      await release()
      throw error
    }
  } catch (error) {
    if (error instanceof CodedError) throw error
    const isFull = hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')
    throw new CodedError(
      isFull ? 'STORE_FULL' : 'DATA_DIRECTORY_FAILED',
      `cannot use the data directory ${path}: ${textOf(error)}`,
      { cause: error, data: { path } },
    )
  }
  return {
    path,
    walPath: join(path, 'wal'),
    chainPath: join(path, 'chain'),
    statePath: join(path, 'state'),
    networkPath: join(path, 'network.json'),
    voteMarker: voteMarkerAt(join(path, 'voted')),
    readKey: (name) => readKeyFile(join(path, name)),
    writeKey: (name, content) => writeKeyFile(join(path, name), content),
    close: release,
  }
}

function voteMarkerAt(path: string): DataDirectory['voteMarker'] {
  return {
    isSet: async () => (await readIfPresent(path)) !== undefined,
    set: async () => {
      await writeWhole(path, new Uint8Array(0), 0o600)
      await syncDirectory(dirname(path))
    },
  }
}

async function checkLayout(path: string): Promise<void> {
  const versionPath = join(path, 'VERSION')
  const found = (await readIfPresent(versionPath))?.toString()
  if (found === undefined) {
    const names = await readdir(path)
    if (names.some((name) => name === 'wal' || name === 'chain' || name === 'state')) {
      throw new CodedError('DATA_DIRECTORY_CORRUPT', `${path} has data but no VERSION file`, { data: { path } })
    }
    await writeWhole(versionPath, new TextEncoder().encode(`cairn-data ${layoutVersion}\n`), 0o644)
    return
  }
  const version = /^cairn-data (\d{1,9})\n$/.exec(found)?.[1]
  if (version === undefined) {
    throw new CodedError('DATA_DIRECTORY_CORRUPT', `${versionPath} is not readable`, { data: { path } })
  }
  if (Number(version) === layoutVersion) return
  throw new CodedError(
    'DATA_DIRECTORY_VERSION',
    `${path} has layout version ${version}, this program knows version ${layoutVersion}`,
    { data: { path, version: Number(version) } },
  )
}

async function readKeyFile(path: string): Promise<Uint8Array | undefined> {
  const content = await readIfPresent(path)
  if (content === undefined) return undefined
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new CodedError('KEY_FILE_EXPOSED', `${path} may be read by others; make it readable by its owner only`, {
      data: { path, mode: (mode & 0o777).toString(8) },
    })
  }
  return new Uint8Array(content)
}

async function writeKeyFile(path: string, content: Uint8Array): Promise<void> {
  const newPath = `${path}.${randomUUID()}`
  await writeWhole(newPath, content, 0o600)
  try {
    if (await tryLink(newPath, path)) return await syncDirectory(dirname(path))
  } finally {
    await unlink(newPath)
  }
  throw new CodedError('KEY_FILE_EXISTS', `${path} exists already`, { data: { path } })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function inUse(path: string, pid: number | undefined): CodedError {
  const by = pid === undefined ? 'another process' : `the process ${pid}`
  return new CodedError('DATA_DIRECTORY_IN_USE', `the data directory ${path} is in use by ${by}`, {
    data: { path, pid },
  })
}
