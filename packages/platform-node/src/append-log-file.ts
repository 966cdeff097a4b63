/**
 * `AppendLog` in one file: eight bytes of magic, then frames (`wal-frame.ts`). Rule R10: append means write, then
 * fdatasync. Calls take turns in one queue; appends that wait together share one write and one fdatasync.
 * Invariants: a resolved append is on disk; the file is never shorter than its magic once it has its name.
 * The data directory's lock keeps other processes away.
 */
import { constants } from 'node:fs'
import { open, readFile, rename, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CodedError, assert, concatBytes } from '@cairn/primitives'
import type { AppendLog } from '@cairn/ports'
import { encodeWalFrame, scanWalFrames, walRecordMaxBytes } from '@cairn/storage'
import type { WalScan } from '@cairn/storage'

/** `cairnwal` with the version in the last byte. */
const magic = Uint8Array.of(0x63, 0x61, 0x69, 0x72, 0x6e, 0x77, 0x61, 0x01)

type Task =
  | { readonly type: 'append'; readonly record: Uint8Array; readonly done: () => void; readonly failed: Failed }
  | { readonly type: 'other'; readonly run: () => Promise<void>; readonly failed: Failed }
type Failed = (error: unknown) => void

/**
 * Opens or creates the log. A damaged file opens too: `read` and `append` then say `WAL_CORRUPT` until `replace`.
 * @throws CodedError `STORE_FULL`, `STORE_FAILED`
 */
export async function createAppendLogFile(path: string): Promise<AppendLog> {
  const file = new LogFile(path)
  await coded(path, () => file.open())
  const queue: Task[] = []
  let working: Promise<void> | undefined
  let closed = false

  const work = async (): Promise<void> => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      try {
        if (task.type === 'other') await task.run()
        else {
          const group = [task]
          while (queue[0]?.type === 'append') group.push(queue.shift() as typeof task)
          await appendGroup(file, path, group)
        }
      } catch (error) {
        task.failed(error)
      }
    }
    working = undefined
  }
  const enqueue = (task: Task): void => {
    queue.push(task)
    working ??= Promise.resolve().then(work)
  }
  const inTurn = <T>(run: () => Promise<T>): Promise<T> =>
    new Promise((resolve, failed) => {
      const task = { type: 'other', run: async () => resolve(await coded(path, run)), failed } as const
      enqueue(task)
    })
  const assertOpen = (): void => {
    if (closed) throw new CodedError('STORE_CLOSED', `the log ${path} is closed`)
  }

  return {
    append: async (record) => {
      assertOpen()
      assert(record.length <= walRecordMaxBytes, 'a log record is at most 64 KiB')
      const copy = new Uint8Array(record)
      await new Promise<void>((done, failed) => enqueue({ type: 'append', record: copy, done, failed }))
    },
    read: async () => {
      assertOpen()
      return inTurn(() => file.read())
    },
    replace: async (records) => {
      assertOpen()
      const copies = records.map((record) => new Uint8Array(record))
      await inTurn(() => file.replace(copies))
    },
    close: async () => {
      if (closed) return
      closed = true
      await inTurn(() => file.close())
    },
  }
}

/** One write and one sync for all; all succeed or all fail. */
async function appendGroup(file: LogFile, path: string, group: readonly (Task & { type: 'append' })[]): Promise<void> {
  try {
    await coded(path, () => file.append(group.map((task) => task.record)))
    for (const task of group) task.done()
  } catch (error) {
    for (const task of group) task.failed(error)
  }
}

/** The open file and how far it is good. Calls never overlap. */
class LogFile {
  readonly #path: string
  #handle: FileHandle | undefined
  #endBytes = 0
  /** Why nothing may be appended: damage found, or a write that failed half-way. */
  #broken: CodedError | undefined

  constructor(path: string) {
    this.#path = path
  }

  async open(): Promise<void> {
    try {
      this.#handle = await open(this.#path, constants.O_RDWR)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
      await this.replace([])
      return
    }
    await this.#scan().catch((error: unknown) => {
      if (!(error instanceof CodedError)) throw error
      this.#broken = error
    })
  }

  async read(): Promise<readonly Uint8Array[]> {
    if (this.#broken?.code === 'WAL_CORRUPT') throw this.#broken
    return (await this.#scan()).records
  }

  async append(records: readonly Uint8Array[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken
    const handle = this.#opened()
    const bytes = encodeFrames(records, this.#endBytes)
    try {
      await writeAll(handle, bytes, this.#endBytes)
      await handle.datasync()
    } catch (error) {
      this.#broken = new CodedError('STORE_FAILED', `an earlier write to the log ${this.#path} failed`, { cause: error })
      throw error
    }
    this.#endBytes += bytes.length
  }

  async replace(records: readonly Uint8Array[]): Promise<void> {
    const temporaryPath = `${this.#path}.new`
    const bytes = concatBytes(magic, encodeFrames(records, magic.length))
    const handle = await open(temporaryPath, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600)
    try {
      await writeAll(handle, bytes, 0)
      await handle.sync()
      await rename(temporaryPath, this.#path)
    } catch (error) {
      await handle.close()
      await unlink(temporaryPath).catch(() => {})
      throw error
    }
    // From here on the old file has no name: whatever fails next, only the new one may be written to.
    const old = this.#handle
    this.#handle = handle
    this.#endBytes = bytes.length
    this.#broken = undefined
    await old?.close()
    await syncDirectory(dirname(this.#path))
  }

  async close(): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
  }

  /** Reads the whole file and cuts a torn end off it, durably. */
  async #scan(): Promise<WalScan> {
    const bytes = await readFile(this.#path)
    if (Buffer.compare(bytes.subarray(0, magic.length), magic) !== 0) {
      throw new CodedError('WAL_CORRUPT', `${this.#path} does not begin as a log of this version`, {
        data: { position: 0 },
      })
    }
    const scan = scanWalFrames(bytes.subarray(magic.length), magic.length)
    this.#endBytes = magic.length + scan.intactBytes
    if (this.#endBytes < bytes.length && this.#broken === undefined) {
      await this.#opened().truncate(this.#endBytes)
      await this.#opened().sync()
    }
    return scan
  }

  #opened(): FileHandle {
    assert(this.#handle !== undefined, 'the log file is open')
    return this.#handle
  }
}

/** Frames for `records`, the first at byte offset `position`. */
function encodeFrames(records: readonly Uint8Array[], position: number): Uint8Array {
  let endBytes = position
  const frames = records.map((record) => {
    const frame = encodeWalFrame(record, endBytes)
    endBytes += frame.length
    return frame
  })
  return concatBytes(...frames)
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/** Makes a rename durable. Windows cannot open directories; it does not need to. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function coded<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof CodedError) throw error
    const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    throw new CodedError(full ? 'STORE_FULL' : 'STORE_FAILED', `the log ${path} could not be accessed`, { cause: error })
  }
}
