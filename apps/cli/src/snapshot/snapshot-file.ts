/**
 * The file that `cairn snapshot create` writes: the chunks that a peer would have given, and a manifest.
 *
 *   header    magic (8 bytes), version (u16), genesis hash (32 bytes)
 *   record    length (u32, 1 … RECORD_MAX_BYTES), then RLP [0, chunk request, chunk response], [1, codes response],
 *             [3, epoch ends response] or [4, header trail response]
 *   manifest  the last record: RLP [2, block, certificate, keccak256 of each record before]
 *   end       a length of 0, then nothing
 *
 * Integers are big-endian. Epoch ends and the headers of the block's epoch come first. An account chunk is followed by the storages and codes of its accounts. Each chunk proves
 * itself against the block's state root, and the block by its certificate: the file is trusted no more than a peer.
 */
import { type FileHandle, open } from 'node:fs/promises'
import {
  type Block,
  CERTIFICATE_MAX_BYTES,
  BLOCK_MAX_BYTES,
  type Certificate,
  type EpochEnd,
  type HeaderTrailResponse,
  RESPONSE_MAX_BYTES,
  type SnapshotChunkRequest,
  type SnapshotRange,
  checkBlockData,
  decodeBlock,
  decodeCertificate,
  decodeEpochEndsResponse,
  decodeHeaderTrailResponse,
  decodeSnapshotChunkRequest,
  decodeSnapshotChunkResponse,
  decodeSnapshotCodesResponse,
  encodeBlock,
  encodeCertificate,
  encodeEpochEndsResponse,
  encodeHeaderTrailResponse,
  encodeSnapshotChunkRequest,
  encodeSnapshotChunkResponse,
  encodeSnapshotCodesResponse,
} from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import {
  CodedError,
  type Decoded,
  type Hash,
  type RlpInput,
  bytesFromHex,
  concatBytes,
  decodeRlpList,
  encodeRlp,
  equalBytes,
  failDecode,
  hashFromBytes,
  rlpUint,
} from '@cairn/primitives'

const magic = Uint8Array.of(0x89, 0x43, 0x41, 0x53, 0x4e, 0x50, 0x0d, 0x0a)
const version = 1
const headerSizeBytes = magic.length + 2 + 32
/** A chunk is a reply at most; a manifest names 130 000 chunks of a megabyte. */
const RECORD_MAX_BYTES = RESPONSE_MAX_BYTES + BLOCK_MAX_BYTES
const RECORDS_MAX = 130_000

export interface SnapshotManifest {
  readonly block: Block
  readonly certificate: Certificate
  readonly recordHashes: readonly Hash[]
}

export type SnapshotRecord =
  | { readonly kind: 'chunk'; readonly request: SnapshotChunkRequest; readonly ranges: readonly SnapshotRange[] }
  | { readonly kind: 'codes'; readonly codes: readonly Uint8Array[] }
  | { readonly kind: 'ends'; readonly ends: readonly EpochEnd[] }
  | { readonly kind: 'trail'; readonly entries: HeaderTrailResponse['entries'] }
  | { readonly kind: 'manifest'; readonly manifest: SnapshotManifest }

export interface SnapshotFile {
  readonly genesisHash: Hash
  /** All in order, bounded and decoded, the manifest last; from the beginning each time. @throws CodedError `SNAPSHOT_FILE_CORRUPT` */
  records(): AsyncGenerator<{ readonly record: SnapshotRecord; readonly hash: Hash }>
  close(): Promise<void>
}

export function snapshotFileHeader(genesisHash: Hash): Uint8Array {
  return concatBytes(magic, Uint8Array.of(version >> 8, version & 0xff), bytesFromHex(genesisHash))
}

/** With its length; the hash is what the manifest names. */
export function encodeSnapshotRecord(record: SnapshotRecord): { readonly bytes: Uint8Array; readonly hash: Hash } {
  const body = encodeRlp(rlpOf(record))
  return { bytes: framed(body), hash: keccak256(body) }
}

/** Ends the file. */
export const snapshotFileEnd = new Uint8Array(4)

/** @throws CodedError `SNAPSHOT_FILE_UNREADABLE`, `SNAPSHOT_FILE_CORRUPT` */
export async function openSnapshotFile(path: string): Promise<SnapshotFile> {
  const file = await open(path).catch((cause: unknown) => {
    throw new CodedError('SNAPSHOT_FILE_UNREADABLE', `${path} cannot be read`, { cause, data: { path } })
  })
  try {
    const header = await readAt(file, 0, headerSizeBytes)
    const isOurs = header.length === headerSizeBytes && equalBytes(header.subarray(0, magic.length), magic)
    if (!isOurs) throw corrupt('it is no file of `cairn snapshot create`')
    const found = new DataView(header.buffer).getUint16(magic.length)
    if (found !== version) throw corrupt(`format version ${found}, this program reads ${version}`)
    const genesisHash = hashFromBytes(header.slice(magic.length + 2))
    return { genesisHash, records: () => readRecords(file), close: () => file.close() }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function* readRecords(file: FileHandle): ReturnType<SnapshotFile['records']> {
  let offset = headerSizeBytes
  let isWhole = false
  for (;;) {
    const prefix = await readAt(file, offset, 4)
    if (prefix.length < 4) throw corrupt(`it ends after ${offset} bytes, without its end mark`)
    const sizeBytes = new DataView(prefix.buffer).getUint32(0)
    if (sizeBytes === 0) break
    if (sizeBytes > RECORD_MAX_BYTES || isWhole) throw corrupt(`a record at byte ${offset} that cannot be`)
    const body = await readAt(file, offset + 4, sizeBytes)
    if (body.length < sizeBytes) throw corrupt(`it ends inside the record at byte ${offset}`)
    const record = decodeRecord(body)
    if (!record.ok) throw corrupt(`the record at byte ${offset} does not decode (${record.code})`)
    isWhole = record.value.kind === 'manifest'
    yield { record: record.value, hash: keccak256(body) }
    offset += 4 + sizeBytes
  }
  if (!isWhole) throw corrupt('there is no manifest')
  if ((await readAt(file, offset + 4, 1)).length > 0) throw corrupt('bytes after the end mark')
}

function rlpOf(record: SnapshotRecord): RlpInput {
  switch (record.kind) {
    case 'chunk':
      return [
        rlpUint(CHUNK),
        encodeSnapshotChunkRequest(record.request),
        encodeSnapshotChunkResponse({ ranges: record.ranges }),
      ]
    case 'codes':
      return [rlpUint(CODES), encodeSnapshotCodesResponse({ codes: record.codes })]
    case 'ends':
      return [rlpUint(ENDS), encodeEpochEndsResponse({ ends: record.ends })]
    case 'trail':
      return [rlpUint(TRAIL), encodeHeaderTrailResponse({ entries: record.entries })]
    case 'manifest': {
      const { block, certificate, recordHashes } = record.manifest
      return [rlpUint(MANIFEST), encodeBlock(block), encodeCertificate(certificate), recordHashes.map(bytesFromHex)]
    }
  }
}

function decodeRecord(body: Uint8Array): Decoded<SnapshotRecord> {
  return decodeRlpList(body, RECORD_MAX_BYTES, (fields) => {
    const kind = fields.uint()
    const record = ((): SnapshotRecord => {
      if (kind === CHUNK) {
        const request = whole(decodeSnapshotChunkRequest(fields.bytes(RECORD_MAX_BYTES)))
        return { kind: 'chunk', request, ...whole(decodeSnapshotChunkResponse(fields.bytes(RECORD_MAX_BYTES))) }
      }
      if (kind === CODES) {
        return { kind: 'codes', ...whole(decodeSnapshotCodesResponse(fields.bytes(RECORD_MAX_BYTES))) }
      }
      if (kind === ENDS) return { kind: 'ends', ...whole(decodeEpochEndsResponse(fields.bytes(RECORD_MAX_BYTES))) }
      if (kind === TRAIL) return { kind: 'trail', ...whole(decodeHeaderTrailResponse(fields.bytes(RECORD_MAX_BYTES))) }
      if (kind !== MANIFEST) return failDecode('DECODE_WRONG_KIND')
      const block = whole(decodeBlock(fields.bytes(BLOCK_MAX_BYTES)))
      if (checkBlockData(block).verdict !== 'accept') return failDecode('BLOCK_DATA_MISMATCH')
      const certificate = whole(decodeCertificate(fields.bytes(CERTIFICATE_MAX_BYTES)))
      const recordHashes = fields.listOf(RECORDS_MAX, (hashes) => hashes.hash())
      return { kind: 'manifest', manifest: { block, certificate, recordHashes } }
    })()
    return record
  })
}

const [CHUNK, CODES, MANIFEST, ENDS, TRAIL] = [0, 1, 2, 3, 4] as const

function whole<T>(decoded: Decoded<T>): T {
  return decoded.ok ? decoded.value : failDecode(decoded.code)
}

function framed(body: Uint8Array): Uint8Array {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, body.length)
  return concatBytes(length, body)
}

/** Fewer bytes only at the end of the file. */
async function readAt(file: FileHandle, position: number, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(sizeBytes)
  let filled = 0
  while (filled < sizeBytes) {
    const { bytesRead } = await file.read(bytes, filled, sizeBytes - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

function corrupt(what: string): CodedError {
  return new CodedError('SNAPSHOT_FILE_CORRUPT', `the snapshot file is damaged: ${what}`)
}
