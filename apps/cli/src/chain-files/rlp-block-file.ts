/** A file of RLP blocks one after the other, as geth's export writes it: read block by block, never as a whole. */
import { CodedError } from '@cairn/primitives'
import { corruptFile, openForReading, readUpTo } from './file-reading.ts'

/** Larger than any block a chain of today's gas limits can hold; what a damaged length may make this program read. */
const blockMaxBytes = 32 * 1024 * 1024
/** List prefix and its length. */
const prefixMaxBytes = 9

/** The blocks' bytes in order; only their lengths are looked at. @throws CodedError `IMPORT_FILE_UNREADABLE`,
 * `IMPORT_FILE_CORRUPT`, `IMPORT_FILE_TRUNCATED` */
export async function* readRlpBlocks(path: string): AsyncGenerator<Uint8Array> {
  const file = await openForReading(path)
  try {
    for (let offset = 0; ;) {
      const prefix = await readUpTo(file, offset, prefixMaxBytes, path)
      if (prefix.length === 0) return
      const sizeBytes = itemSizeBytes(prefix, offset, path)
      const block = await readUpTo(file, offset, sizeBytes, path)
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
  if (first < 0xf8) throw corruptFile(path, offset, 'no list of a block')
  const lengthBytes = first - 0xf7
  if (prefix.length <= lengthBytes) throw corruptFile(path, offset, 'cut inside a length')
  let length = 0
  for (const byte of prefix.subarray(1, 1 + lengthBytes)) length = length * 256 + byte
  if (length > blockMaxBytes) throw corruptFile(path, offset, `a block of ${length} bytes`)
  return 1 + lengthBytes + length
}
