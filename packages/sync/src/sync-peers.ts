/** Whom to ask next: what peers claim to have, and how they have answered so far. */
import { height } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import { BACKOFF_MAX_MS, BACKOFF_MS, FAILURES_MAX, SYNC_PEERS_MAX } from './limits.ts'
import type { SyncPeer } from './sync-input.ts'

export interface SyncPeers {
  /** What the peer says of itself. */
  claim(peer: SyncPeer, height: Height, oldestHeight: Height): void
  remove(peer: SyncPeer): void
  /** Of those not backing off who claim the block at `height`, the one asked longest ago. O(peers). */
  next(height: Height, nowMs: number): SyncPeer | undefined
  succeeded(peer: SyncPeer): void
  /**
   * Backs off. A liar's claim is forgotten besides, and that of a peer silent for long: it has to be made anew before it
   * costs another request.
   */
  failed(peer: SyncPeer, nowMs: number, isLiar: boolean): void
  /** Highest claim, not verified. */
  claimedHeight(): Height
  /** When the first peer that claims `height` may be asked again; `undefined` when nobody claims it. */
  retryAtMs(height: Height): number | undefined
}

interface PeerRecord {
  height: Height
  oldestHeight: Height
  failures: number
  retryAtMs: number
  /** Number of the request it got last; 0: none. */
  lastTurn: number
}

const unknownHeight = height(0)

export function createSyncPeers(): SyncPeers {
  const peers = new Map<SyncPeer, PeerRecord>()
  let turn = 0
  /** Of a peer known before, or one there is room for. */
  const recordOf = (peer: SyncPeer): PeerRecord | undefined => {
    const known = peers.get(peer)
    if (known !== undefined || peers.size >= SYNC_PEERS_MAX) return known
    const record = { height: unknownHeight, oldestHeight: unknownHeight, failures: 0, retryAtMs: 0, lastTurn: 0 }
    peers.set(peer, record)
    return record
  }
  const holders = (at: Height): (readonly [SyncPeer, PeerRecord])[] =>
    [...peers].filter(([, record]) => record.height >= at && record.oldestHeight <= at)

  return {
    claim: (peer, claimed, oldestHeight) => {
      const record = recordOf(peer)
      if (record === undefined) return
      record.height = claimed
      record.oldestHeight = oldestHeight
    },
    remove: (peer) => void peers.delete(peer),
    next: (at, nowMs) => {
      const ready = holders(at).filter(([, record]) => record.retryAtMs <= nowMs)
      const [found] = ready.sort(([, a], [, b]) => a.lastTurn - b.lastTurn)
      if (found !== undefined) found[1].lastTurn = ++turn
      return found?.[0]
    },
    succeeded: (peer) => {
      const record = peers.get(peer)
      if (record !== undefined) record.failures = 0
    },
    failed: (peer, nowMs, isLiar) => {
      const record = peers.get(peer)
      if (record === undefined) return
      record.retryAtMs = nowMs + Math.min(BACKOFF_MS * 2 ** record.failures, BACKOFF_MAX_MS)
      record.failures += 1
      if (isLiar || record.failures % FAILURES_MAX === 0) record.height = unknownHeight
    },
    claimedHeight: () => {
      let best = unknownHeight
      for (const record of peers.values()) if (record.height > best) best = record.height
      return best
    },
    retryAtMs: (at) => {
      const times = holders(at).map(([, record]) => record.retryAtMs)
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }
}
