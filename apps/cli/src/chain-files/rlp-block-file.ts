/** A file of RLP blocks one after the other, as geth's export writes it: read block by block, never as a whole. */
import { type FileHandle, open } from 'node:fs/promises'
import { CodedError } from '@cairn/primitives'

/** Larger than any block a chain of today's gas limits can hold; what a damaged length may make this program read. */
const blockMaxBytes = 32 * 1024 * 1024
/** List prefix and its length. */
const prefixMaxBytes = 9

/** The blocks' bytes in order; only their lengths are looked at. @throws CodedError `IMPORT_FILE_UNREADABLE`,
 * `IMPORT_FILE_CORRUPT`, `IMPORT_FILE_TRUNCATED` */
export async function* readRlpBlocks(path: string): AsyncGenerator<Uint8Array> {
  const file = await readable(open(path), path)
  try {
    for (let offset = 0; ;) {
      const prefix = await readAt(file, offset, prefixMaxBytes, path)
      if (prefix.length === 0) return
      const sizeBytes = itemSizeBytes(prefix, offset, path)
      const block = await readAt(file, offset, sizeBytes, path)
      if (block.length < sizeBytes) {
        throw new CodedError('IMPORT_FILE_TRUNCATED', `${path} ends inside the block at byte ${offset}`, {
          data: { path, offset },
        })
      }
      yield block
      offset += sizeBytes
    }
  } finally {
    await file.close()
  }
}

function itemSizeBytes(prefix: Uint8Array, offset: number, path: string): number {
  const [first = 0] = prefix
  // A block is a list of more than 55 bytes.
  if (first < 0xf8) throw corrupt(path, offset, 'no list of a block')
  const lengthBytes = first - 0xf7
  if (prefix.length <= lengthBytes) throw corrupt(path, offset, 'cut inside a length')
  let length = 0
  for (const byte of prefix.subarray(1, 1 + lengthBytes)) length = length * 256 + byte
  if (length > blockMaxBytes) throw corrupt(path, offset, `a block of ${length} bytes`)
  return 1 + lengthBytes + length
}

/** Fewer bytes only at the end of the file. */
async function readAt(file: FileHandle, offset: number, sizeBytes: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes)
  let filled = 0
  while (filled < sizeBytes) {
    const { bytesRead } = await readable(file.read(bytes, filled, sizeBytes - filled, offset + filled), path)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

async function readable<T>(operation: Promise<T>, path: string): Promise<T> {
  try {
    return await operation
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('IMPORT_FILE_UNREADABLE', `${path} cannot be read: ${why}`, { cause, data: { path } })
  }
}

function corrupt(path: string, offset: number, what: string): CodedError {
  return new CodedError('IMPORT_FILE_CORRUPT', `${path} is damaged at byte ${offset}: ${what}`, {
    data: { path, offset },
  })
}
