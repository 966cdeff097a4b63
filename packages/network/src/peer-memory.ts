/**
 * What a node remembers of others over a restart: anchors (peers that were good) and bans. One small record, read
 * like anything from outside: what is malformed or too old is dropped.
 */
import type { PeerId } from '@cairn/ports'
import type { Decoded } from '@cairn/primitives'
import { decodeRlpList, encodeRlp, rlpUint } from '@cairn/primitives'
import {
  ADDRESSES_PER_PEER_MAX,
  ADDRESS_LENGTH_MAX,
  ANCHORS_MAX,
  BANS_KEPT_MAX,
  PEER_ID_LENGTH_MAX,
  PEER_MEMORY_MAX_BYTES,
} from './limits.ts'
import type { KnownPeer } from './peer-exchange.ts'

/** Where the record is kept; the platform's. */
export interface PeerMemory {
  load(): Promise<Uint8Array | undefined>
  save(record: Uint8Array): Promise<void>
}

export interface RememberedScore {
  readonly peer: PeerId
  /** Not positive. */
  readonly score: number
  readonly banned: boolean
}

export interface PeerRecord {
  /** Wall clock. */
  readonly savedAtMs: number
  readonly anchors: readonly KnownPeer[]
  readonly scores: readonly RememberedScore[]
}

export function encodePeerRecord({ savedAtMs, anchors, scores }: PeerRecord): Uint8Array {
  return encodeRlp([
    rlpUint(Math.max(0, Math.floor(savedAtMs))),
    anchors.slice(0, ANCHORS_MAX).map(({ peer, addresses }) => [bytesOf(peer), addresses.map(bytesOf)]),
    scores
      .slice(0, BANS_KEPT_MAX)
      .map(({ peer, score, banned }) => [bytesOf(peer), rlpUint(Math.round(-score)), rlpUint(banned ? 1 : 0)]),
  ])
}

export function decodePeerRecord(bytes: Uint8Array): Decoded<PeerRecord> {
  return decodeRlpList(bytes, PEER_MEMORY_MAX_BYTES, (fields) => {
    const savedAtMs = fields.uint()
    const anchors = fields.listOf(ANCHORS_MAX, (list) => {
      const anchor = list.list()
      const peer = anchor.text(PEER_ID_LENGTH_MAX)
      const addresses = anchor.listOf(ADDRESSES_PER_PEER_MAX, (texts) => texts.text(ADDRESS_LENGTH_MAX))
      anchor.end()
      return { peer, addresses }
    })
    const scores = fields.listOf(BANS_KEPT_MAX, (list) => {
      const entry = list.list()
      const peer = entry.text(PEER_ID_LENGTH_MAX)
      const score = -entry.uint()
      const banned = entry.uint() === 1
      entry.end()
      return { peer, score, banned }
    })
    return { savedAtMs, anchors, scores }
  })
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
