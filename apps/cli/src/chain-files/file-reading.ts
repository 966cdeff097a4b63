/** Reading of files that `cairn import` takes: whole parts or the file's end, and one code for what the system refuses. */
import { type FileHandle, open } from 'node:fs/promises'
import { CodedError } from '@cairn/primitives'

/** @throws CodedError `IMPORT_FILE_UNREADABLE` */
export async function openForReading(path: string): Promise<FileHandle> {
  return readable(open(path), path)
}

/** The bytes from `offset` on; fewer than `sizeBytes` only at the end of the file. @throws CodedError `IMPORT_FILE_UNREADABLE` */
export async function readUpTo(file: FileHandle, offset: number, sizeBytes: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes)
  let filled = 0
  while (filled < sizeBytes) {
    const { bytesRead } = await readable(file.read(bytes, filled, sizeBytes - filled, offset + filled), path)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

export function corruptFile(path: string, offset: number, what: string): CodedError {
  return new CodedError('IMPORT_FILE_CORRUPT', `${path} is damaged at byte ${offset}: ${what}`, {
    data: { path, offset },
  })
}

async function readable<T>(operation: Promise<T>, path: string): Promise<T> {
  try {
    return await operation
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('IMPORT_FILE_UNREADABLE', `${path} cannot be read: ${why}`, { cause, data: { path } })
  }
}
