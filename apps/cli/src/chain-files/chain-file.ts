/**
 * The file of certified ranges that `cairn export` writes and `cairn import` reads.
 *
 *   header   magic (8 bytes), version (u16), genesis hash (32 bytes)
 *   record   length (u32, 1 … RESPONSE_MAX_BYTES), that many bytes of a FinalizedRangeResponse
 *   end      a length of 0, then nothing
 *
 * Integers are big-endian. There is no checksum: each record is what a peer would have answered and proves itself by
 * its certificate, and the end mark tells a whole file from one that was cut between two records. The first byte of
 * the magic is neither text nor the start of an RLP list, and its line end breaks when a tool takes the file for text.
 */
import type { FileHandle } from 'node:fs/promises'
import { RESPONSE_MAX_BYTES } from '@cairn/chain'
import { CodedError, type Hash, bytesFromHex, concatBytes, equalBytes, hashFromBytes } from '@cairn/primitives'
import { corruptFile, openForReading, readUpTo } from './file-reading.ts'

const magic = Uint8Array.of(0x89, 0x43, 0x41, 0x49, 0x52, 0x4e, 0x0d, 0x0a)
const version = 1
const headerSizeBytes = magic.length + 2 + 32

export interface ChainFile {
  readonly genesisHash: Hash
  /**
   * Encoded ranges in order; bounded, not checked further.
   * @throws CodedError `IMPORT_FILE_TRUNCATED`, `IMPORT_FILE_CORRUPT`, `IMPORT_FILE_UNREADABLE`
   */
  records(): AsyncGenerator<Uint8Array>
  close(): Promise<void>
}

/** The first bytes of a file. */
export function chainFileHeader(genesisHash: Hash): Uint8Array {
  return concatBytes(magic, Uint8Array.of(version >> 8, version & 0xff), bytesFromHex(genesisHash))
}

/** A record with its length; of no bytes: the end mark. */
export function chainFileRecord(range: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, range.length)
  return concatBytes(length, range)
}

/** @throws CodedError `IMPORT_FILE_UNREADABLE`, `IMPORT_FILE_TRUNCATED`, `IMPORT_FORMAT_UNKNOWN` */
export async function openChainFile(path: string): Promise<ChainFile> {
  const file = await openForReading(path)
  try {
    const genesisHash = readHeader(await readUpTo(file, 0, headerSizeBytes, path), path)
    return { genesisHash, records: () => readRecords(file, path), close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

function readHeader(header: Uint8Array, path: string): Hash {
  if (!equalBytes(header.subarray(0, magic.length), magic.subarray(0, header.length))) {
    throw new CodedError('IMPORT_FORMAT_UNKNOWN', `${path} ${whatItIs(header)}`, { data: { path } })
  }
  if (header.length < headerSizeBytes) throw truncated(path, header.length)
  const found = new DataView(header.buffer, header.byteOffset).getUint16(magic.length)
  if (found !== version) {
    const message = `${path} has format version ${found}, this program reads version ${version}`
    throw new CodedError('IMPORT_FORMAT_UNKNOWN', message, { data: { path, version: found } })
  }
  return hashFromBytes(header.slice(magic.length + 2))
}

/** An encoded block is a list of more than 55 bytes: it begins with 0xf8 or more. */
function whatItIs(header: Uint8Array): string {
  if ((header[0] ?? 0) >= 0xf8) {
    return 'looks like RLP blocks: they carry no finalization certificates, so this node cannot take them over; import a file of `cairn export --format cairn`, or give --genesis and a directory of its own to import an Ethereum chain'
  }
  return 'is no file of `cairn export --format cairn`'
}

async function* readRecords(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  let offset = headerSizeBytes
  for (;;) {
    const prefix = await readUpTo(file, offset, 4, path)
    if (prefix.length < 4) throw truncated(path, offset + prefix.length)
    const sizeBytes = new DataView(prefix.buffer).getUint32(0)
    if (sizeBytes === 0) break
    if (sizeBytes > RESPONSE_MAX_BYTES) throw corruptFile(path, offset, `a length of ${sizeBytes} bytes`)
    const record = await readUpTo(file, offset + 4, sizeBytes, path)
    offset += 4 + record.length
    if (record.length < sizeBytes) throw truncated(path, offset)
    yield record
  }
  if ((await readUpTo(file, offset + 4, 1, path)).length > 0)
    throw corruptFile(path, offset + 4, 'bytes after the end mark')
}

function truncated(path: string, sizeBytes: number): CodedError {
  return new CodedError('IMPORT_FILE_TRUNCATED', `${path} ends after ${sizeBytes} bytes, without its end mark`, {
    data: { path, sizeBytes },
  })
}
