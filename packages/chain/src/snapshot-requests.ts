/**
 * Requests of snapshot sync (execution.md «Snapshot sync»): proved ranges of one state's tries, and codes by hash. Nothing
 * here is trusted: a range is checked against a finalized root, a code against its hash.
 */
import { bytesFromHex, decodeRlpList, encodeRlp, failDecode, height, rlpUint } from '@cairn/primitives'
import type { Decoded, Hash, Height, RlpReader } from '@cairn/primitives'
import { keccak256 } from '@cairn/crypto'
import type { ConsensusHeader } from './block.ts'
import { hashHeader, readHeader, rlpFromHeader } from './consensus-header.ts'
import {
  EVIDENCE_LIST_MAX_BYTES,
  HEADER_TRAIL_MAX,
  REQUEST_MAX_BYTES,
  RESPONSE_MAX_BYTES,
  SNAPSHOT_CODES_MAX,
  SNAPSHOT_CODE_MAX_BYTES,
  SNAPSHOT_ITEMS_MAX,
  SNAPSHOT_OWNERS_MAX,
  SNAPSHOT_PROOF_NODES_MAX,
  SNAPSHOT_VALUE_MAX_BYTES,
} from './limits.ts'

/** Asks for one range of the account trie, or of one storage trie after the other. */
export interface SnapshotChunkRequest {
  /** Of the finalized block whose state it is. */
  readonly height: Height
  /** Keccaks of addresses, in any order; empty: the account trie. */
  readonly owners: readonly Hash[]
  /** Least key wanted of the first trie; the others are wanted whole. */
  readonly start: Hash
  /** Bytes of keys and values to give in all; the responder may give less, and at least one item. */
  readonly maxBytes: number
}

/** All leaves from a start key to the last item's. */
export interface SnapshotRange {
  readonly items: readonly { readonly key: Hash; readonly value: Uint8Array }[]
  /** RLP of trie nodes; empty: the items are the whole trie. */
  readonly proof: readonly Uint8Array[]
}

/** Ranges of the first tries asked for, in their order. */
export interface SnapshotChunkResponse {
  readonly ranges: readonly SnapshotRange[]
}

export interface SnapshotCodesRequest {
  readonly hashes: readonly Hash[]
}

/** Those of the asked codes that the responder has and that fit. */
export interface SnapshotCodesResponse {
  readonly codes: readonly Uint8Array[]
}

/** Asks for the headers of consecutive finalized blocks that end with `lastHeight`. */
export interface HeaderTrailRequest {
  readonly lastHeight: Height
  readonly countMax: number
}

/** Ascending, linked by parent hashes, with the evidence of their blocks: what the epoch state is folded from. */
export interface HeaderTrailResponse {
  readonly entries: readonly { readonly header: ConsensusHeader; readonly evidence: Uint8Array }[]
}

export function encodeHeaderTrailRequest({ lastHeight, countMax }: HeaderTrailRequest): Uint8Array {
  return encodeRlp([rlpUint(lastHeight), rlpUint(countMax)])
}

export function decodeHeaderTrailRequest(bytes: Uint8Array): Decoded<HeaderTrailRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => ({
    lastHeight: height(fields.uint()),
    countMax: Math.min(fields.uint(), HEADER_TRAIL_MAX),
  }))
}

export function encodeHeaderTrailResponse({ entries }: HeaderTrailResponse): Uint8Array {
  return encodeRlp([entries.map(({ header, evidence }) => [rlpFromHeader(header), evidence])])
}

/** Also checks the links, and that the evidence is each header's own. */
export function decodeHeaderTrailResponse(bytes: Uint8Array): Decoded<HeaderTrailResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => {
    const entries = fields.listOf(HEADER_TRAIL_MAX, (items) => {
      const entry = items.list()
      const read = { header: readHeader(entry), evidence: entry.bytes(EVIDENCE_LIST_MAX_BYTES) }
      entry.end()
      if (keccak256(read.evidence) !== read.header.evidenceRoot) failDecode('DECODE_NOT_LINKED')
      return read
    })
    for (const [index, { header }] of entries.slice(1).entries()) {
      const before = (entries[index] as (typeof entries)[number]).header
      const isChild = header.height === before.height + 1 && header.parentHash === hashHeader(before)
      if (!isChild) failDecode('DECODE_NOT_LINKED')
    }
    return { entries }
  })
}

export function encodeSnapshotChunkRequest(request: SnapshotChunkRequest): Uint8Array {
  return encodeRlp([
    rlpUint(request.height),
    request.owners.map(bytesFromHex),
    bytesFromHex(request.start),
    rlpUint(request.maxBytes),
  ])
}

export function decodeSnapshotChunkRequest(bytes: Uint8Array): Decoded<SnapshotChunkRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => ({
    height: height(fields.uint()),
    owners: fields.listOf(SNAPSHOT_OWNERS_MAX, (item) => item.hash()),
    start: fields.hash(),
    maxBytes: fields.uint(),
  }))
}

export function encodeSnapshotChunkResponse({ ranges }: SnapshotChunkResponse): Uint8Array {
  return encodeRlp([
    ranges.map(({ items, proof }) => [items.map(({ key, value }) => [bytesFromHex(key), value]), proof]),
  ])
}

/** Also checks that keys ascend. */
export function decodeSnapshotChunkResponse(bytes: Uint8Array): Decoded<SnapshotChunkResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => ({
    ranges: fields.listOf(SNAPSHOT_OWNERS_MAX, readRange),
  }))
}

export function encodeSnapshotCodesRequest({ hashes }: SnapshotCodesRequest): Uint8Array {
  return encodeRlp([hashes.map(bytesFromHex)])
}

export function decodeSnapshotCodesRequest(bytes: Uint8Array): Decoded<SnapshotCodesRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => {
    const hashes = fields.listOf(SNAPSHOT_CODES_MAX, (item) => item.hash())
    if (hashes.length === 0) failDecode('DECODE_EMPTY')
    return { hashes }
  })
}

export function encodeSnapshotCodesResponse({ codes }: SnapshotCodesResponse): Uint8Array {
  return encodeRlp([codes])
}

export function decodeSnapshotCodesResponse(bytes: Uint8Array): Decoded<SnapshotCodesResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => ({
    codes: fields.listOf(SNAPSHOT_CODES_MAX, (item) => item.bytes(SNAPSHOT_CODE_MAX_BYTES)),
  }))
}

function readRange(item: RlpReader): SnapshotRange {
  const fields = item.list()
  const items = fields.listOf(SNAPSHOT_ITEMS_MAX, (entries) => {
    const entry = entries.list()
    const leaf = { key: entry.hash(), value: entry.bytes(SNAPSHOT_VALUE_MAX_BYTES) }
    entry.end()
    return leaf
  })
  for (const [index, { key }] of items.slice(1).entries()) {
    if (key <= (items[index] as (typeof items)[number]).key) failDecode('DECODE_NOT_ASCENDING')
  }
  const proof = fields.listOf(SNAPSHOT_PROOF_NODES_MAX, (nodes) => nodes.bytes(PROOF_NODE_BYTES))
  fields.end()
  return { items, proof }
}

/** A branch of 16 hashes is 532 bytes. */
const PROOF_NODE_BYTES = 1024
