/**
 * One repository for each table of the chain store but the log index (`log-index.ts`); the keys are `key-layout.ts`'s.
 * A repository encodes, decodes and says where stored bytes are damaged; it knows nothing of the other tables.
 */
import {
  decodeBlock,
  decodeCertificate,
  decodeEvidenceList,
  decodeHeader,
  decodeHeaderTrailResponse,
  encodeBlock,
  encodeCertificate,
  encodeEvidenceList,
  encodeHeader,
  encodeHeaderTrailResponse,
} from '@cairn/chain'
import type { Block, Certificate, ConsensusHeader, Evidence, HeaderTrailResponse } from '@cairn/chain'
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import {
  CodedError,
  bytesFromHex,
  bytesFromUint64,
  concatBytes,
  decodeRlpList,
  encodeRlp,
  hashFromBytes,
  height,
  rlpUint,
} from '@cairn/primitives'
import type { Decoded, Hash, Height } from '@cairn/primitives'
import { heightFromBytes, tablePrefixes } from './key-layout.ts'
import { decodeStoredExecution, encodeStoredExecution } from './stored-execution.ts'
import type { StoredExecution } from './stored-execution.ts'

/** Newest appended block, and the newest one with a certificate of its own. */
export interface HeadRecord {
  readonly height: Height
  readonly hash: Hash
  /** 0 before the first certificate: genesis needs none. */
  readonly certifiedHeight: Height
  /** Lowest block stored above genesis; 0: all. A snapshot's block, or the first that pruning has left. */
  readonly baseHeight: Height
}

/** Where a finalized transaction is. */
export interface TransactionLocation {
  readonly height: Height
  /** Position in the block, from 0. */
  readonly index: number
}

export type PutOperation = Extract<BatchOperation, { type: 'put' }>

/** A header, and the evidence that its block includes, encoded. */
export type HeaderEntry = HeaderTrailResponse['entries'][number]

/** One table. `put` only makes the operation; the caller batches. */
interface Table<Key, Value> {
  put(key: Key, value: Value): PutOperation
  delete(key: Key): BatchOperation
  /** @throws CodedError `CHAIN_STORE_CORRUPT` when the stored bytes do not decode */
  get(key: Key): Promise<Value | undefined>
}

/** A table whose keys end in a height. */
interface HeightTable<Value> extends Table<Height, Value> {
  /** The first entry at `from` or above. */
  firstFrom(from: Height): Promise<{ readonly height: Height; readonly value: Value } | undefined>
}

export interface ChainTables {
  readonly genesis: Table<null, Hash>
  readonly head: Table<null, HeadRecord>
  readonly blocks: HeightTable<Block>
  readonly heightsByHash: Table<Hash, Height>
  readonly certificates: HeightTable<Certificate>
  readonly transactions: Table<Hash, TransactionLocation>
  readonly executions: HeightTable<StoredExecution>
  readonly heightsByExecutionHash: Table<Hash, Height>
  readonly evidence: HeightTable<readonly Evidence[]>
  readonly size: Table<null, number>
  readonly headers: HeightTable<HeaderEntry>
  readonly epochEnds: HeightTable<ConsensusHeader>
}

export function createChainTables(store: KeyValueStore): ChainTables {
  const noKey = (): Uint8Array => new Uint8Array(0)
  return {
    genesis: createTable(store, tablePrefixes.genesis, 'genesis', noKey, bytesFromHex, decodeHash),
    head: createTable(store, tablePrefixes.head, 'head', noKey, encodeHead, decodeHead),
    blocks: createHeightTable(store, tablePrefixes.blocks, 'block', encodeBlock, decodeBlock),
    heightsByHash: createTable(
      store,
      tablePrefixes.heightsByHash,
      'block hash',
      bytesFromHex,
      encodeHeight,
      decodeHeight,
    ),
    certificates: createHeightTable(
      store,
      tablePrefixes.certificates,
      'certificate',
      encodeCertificate,
      decodeCertificate,
    ),
    transactions: createTable(
      store,
      tablePrefixes.transactions,
      'transaction',
      bytesFromHex,
      encodeLocation,
      decodeLocation,
    ),
    executions: createHeightTable(
      store,
      tablePrefixes.executions,
      'receipts',
      encodeStoredExecution,
      decodeStoredExecution,
    ),
    heightsByExecutionHash: createTable(
      store,
      tablePrefixes.heightsByExecutionHash,
      'execution hash',
      bytesFromHex,
      encodeHeight,
      decodeHeight,
    ),
    evidence: createHeightTable(store, tablePrefixes.evidence, 'evidence', encodeEvidenceList, decodeEvidenceList),
    size: createTable(store, tablePrefixes.size, 'size', noKey, bytesFromUint64, decodeHeight),
    headers: createHeightTable(store, tablePrefixes.headers, 'header', encodeHeaderEntry, decodeHeaderEntry),
    epochEnds: createHeightTable(store, tablePrefixes.epochEnds, 'epoch end', encodeHeader, decodeHeader),
  }
}

function createTable<Key, Value>(
  store: KeyValueStore,
  prefix: number,
  name: string,
  encodeKey: (key: Key) => Uint8Array,
  encode: (value: Value) => Uint8Array,
  decode: (bytes: Uint8Array) => Decoded<Value>,
): Table<Key, Value> {
  const fullKey = (key: Key): Uint8Array => concatBytes(Uint8Array.of(prefix), encodeKey(key))
  return {
    put: (key, value) => ({ type: 'put', key: fullKey(key), value: encode(value) }),
    delete: (key) => ({ type: 'delete', key: fullKey(key) }),
    get: async (key) => {
      const bytes = await store.get(fullKey(key))
      return bytes === undefined ? undefined : valueFromDecoded(decode(bytes), name)
    },
  }
}

function createHeightTable<Value>(
  store: KeyValueStore,
  prefix: number,
  name: string,
  encode: (value: Value) => Uint8Array,
  decode: (bytes: Uint8Array) => Decoded<Value>,
): HeightTable<Value> {
  const table = createTable<Height, Value>(store, prefix, name, bytesFromUint64, encode, decode)
  return {
    ...table,
    firstFrom: async (from) => {
      const gte = concatBytes(Uint8Array.of(prefix), bytesFromUint64(from))
      for await (const [key, bytes] of store.entries({ gte, lt: Uint8Array.of(prefix + 1), limit: 1 })) {
        return { height: heightFromBytes(key), value: valueFromDecoded(decode(bytes), name) }
      }
      return undefined
    },
  }
}

function encodeHead(head: HeadRecord): Uint8Array {
  return encodeRlp([
    rlpUint(head.height),
    bytesFromHex(head.hash),
    rlpUint(head.certifiedHeight),
    ...(head.baseHeight === 0 ? [] : [rlpUint(head.baseHeight)]),
  ])
}

function decodeHead(bytes: Uint8Array): Decoded<HeadRecord> {
  return decodeRlpList(bytes, 64, (fields) => ({
    height: height(fields.uint()),
    hash: fields.hash(),
    certifiedHeight: height(fields.uint()),
    baseHeight: height(fields.isAtEnd ? 0 : fields.uint()),
  }))
}

function encodeHeaderEntry(entry: HeaderEntry): Uint8Array {
  return encodeHeaderTrailResponse({ entries: [entry] })
}

function decodeHeaderEntry(bytes: Uint8Array): Decoded<HeaderEntry> {
  const decoded = decodeHeaderTrailResponse(bytes)
  if (!decoded.ok) return decoded
  const [entry] = decoded.value.entries
  return entry === undefined ? { ok: false, code: 'DECODE_WRONG_LENGTH' } : { ok: true, value: entry }
}

function decodeHash(bytes: Uint8Array): Decoded<Hash> {
  return bytes.length === 32 ? { ok: true, value: hashFromBytes(bytes) } : { ok: false, code: 'DECODE_WRONG_LENGTH' }
}

function encodeHeight(value: Height): Uint8Array {
  return bytesFromUint64(value)
}

function decodeHeight(bytes: Uint8Array): Decoded<Height> {
  return bytes.length === 8 ? { ok: true, value: heightFromBytes(bytes) } : { ok: false, code: 'DECODE_WRONG_LENGTH' }
}

function encodeLocation(location: TransactionLocation): Uint8Array {
  return encodeRlp([rlpUint(location.height), rlpUint(location.index)])
}

function decodeLocation(bytes: Uint8Array): Decoded<TransactionLocation> {
  return decodeRlpList(bytes, 32, (fields) => ({ height: height(fields.uint()), index: fields.uint() }))
}

function valueFromDecoded<Value>(decoded: Decoded<Value>, table: string): Value {
  if (decoded.ok) return decoded.value
  throw new CodedError('CHAIN_STORE_CORRUPT', `a stored ${table} does not decode: ${decoded.code}`, {
    data: { table, code: decoded.code },
  })
}
