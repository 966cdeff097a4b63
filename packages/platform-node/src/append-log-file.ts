/**
 * `AppendLog` in one file: eight bytes of magic, then frames (`wal-frame.ts`). Rule R10: append means write, then
 * fdatasync, once for all appends that wait together.
 * Invariants: a resolved append is on disk; the file is never shorter than its magic once it has its name.
 * The data directory's lock keeps other processes away.
 */
import { constants } from 'node:fs'
import { open, readFile, rename, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CodedError, assert, concatBytes } from '@cairn/primitives'
import type { AppendLog } from '@cairn/ports'
import { createGroupedAppendLog, encodeWalFrames, scanWalFrames } from '@cairn/storage'
import type { WalScan } from '@cairn/storage'
import { hasCode, syncDirectory } from './data-directory-files.ts'

/** `cairnwal` with the version in the last byte. */
const magic = Uint8Array.of(0x63, 0x61, 0x69, 0x72, 0x6e, 0x77, 0x61, 0x01)

/**
 * Opens or creates the log. A damaged file opens too: `read` and `append` then say `WAL_CORRUPT` until `replace`.
 * @throws CodedError `STORE_FULL`, `STORE_FAILED`
 */
export async function createAppendLogFile(path: string): Promise<AppendLog> {
  const file = new LogFile(path)
  await coded(path, () => file.open())
  return createGroupedAppendLog({
    append: (records) => coded(path, () => file.append(records)),
    read: () => coded(path, () => file.read()),
    replace: (records) => coded(path, () => file.replace(records)),
    close: () => coded(path, () => file.close()),
  })
}

/** The open file and how far it is good. Calls never overlap. */
class LogFile {
  readonly #path: string
  #handle: FileHandle | undefined
  #endBytes = 0
  /** Damage found when the file was opened. */
  #damage: CodedError | undefined

  constructor(path: string) {
    this.#path = path
  }

  async open(): Promise<void> {
    try {
      this.#handle = await open(this.#path, constants.O_RDWR)
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error
      await this.replace([])
      return
    }
    try {
      await this.#scan()
    } catch (error) {
      if (error instanceof CodedError) this.#damage = error
      else {
        await this.close()
        throw error
      }
    }
  }

  async read(): Promise<readonly Uint8Array[]> {
    if (this.#damage !== undefined) throw this.#damage
    return (await this.#scan()).records
  }

  async append(records: readonly Uint8Array[]): Promise<void> {
    if (this.#damage !== undefined) throw this.#damage
    const handle = this.#opened()
    const bytes = encodeWalFrames(records, this.#endBytes)
    await writeAll(handle, bytes, this.#endBytes)
    await handle.datasync()
    this.#endBytes += bytes.length
  }

  async replace(records: readonly Uint8Array[]): Promise<void> {
    const temporaryPath = `${this.#path}.new`
    const bytes = concatBytes(magic, encodeWalFrames(records, magic.length))
    const handle = await open(temporaryPath, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600)
    try {
      await writeAll(handle, bytes, 0)
      await handle.sync()
      // For whoever wants to know what happened to it.
      if (this.#damage !== undefined) await rename(this.#path, `${this.#path}.damaged`)
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
    this.#damage = undefined
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
    if (this.#endBytes < bytes.length) {
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

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

async function coded<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof CodedError) throw error
    const full = hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')
    throw new CodedError(full ? 'STORE_FULL' : 'STORE_FAILED', `the log ${path} could not be accessed`, {
      cause: error,
    })
  }
}
