/** Whom to ask for parts of a snapshot. A peer is condemned once and for all by one part that does not hold. */
import type { Hash, Height } from '@cairn/primitives'
import { BACKOFF_MAX_MS, BACKOFF_MS, SNAPSHOT_REQUESTS_PER_PEER_MAX, SYNC_PEERS_MAX } from '../limits.ts'
import type { SyncPeer } from '../sync-input.ts'

export interface SnapshotPeers {
  claim(peer: SyncPeer, height: Height): void
  remove(peer: SyncPeer): void
  condemn(peer: SyncPeer): void
  isCondemned(peer: SyncPeer): boolean
  /** It does not have the state of this block (any more). */
  lacks(peer: SyncPeer, pivotHash: Hash): void
  /** Of those that may be asked now, the one with the fewest requests under way, then the one asked longest ago. */
  next(nowMs: number, wanted: { readonly height: Height; readonly pivotHash: Hash | undefined }): SyncPeer | undefined
  started(peer: SyncPeer): void
  succeeded(peer: SyncPeer): void
  /** Neither asked in vain nor answered: the request does not count. */
  ended(peer: SyncPeer): void
  failed(peer: SyncPeer, nowMs: number): void
  /** Some peer claims the height and has not said that it lacks the state. */
  hasHolder(height: Height, pivotHash: Hash): boolean
  /** What there is of the state of this block; of any, where none is known yet. */
  standing(pivot: { readonly height: Height; readonly hash: Hash } | undefined): PeerStanding
  /** When the first peer that backs off may be asked again. */
  retryAtMs(nowMs: number): number | undefined
  /** Highest claim, not verified. */
  claimedHeight(): number
}

interface PeerStanding {
  /** Peers that may still give something. */
  readonly useful: number
  /** Peers that say to have nothing of it. */
  readonly refused: number
  /** Peers that sent what does not hold. */
  readonly condemned: number
}

interface PeerRecord {
  height: number
  lacks: Hash | undefined
  underWay: number
  failures: number
  retryAtMs: number
  lastTurn: number
}

export function createSnapshotPeers(): SnapshotPeers {
  const peers = new Map<SyncPeer, PeerRecord>()
  const condemned = new Set<SyncPeer>()
  let turn = 0

  const edit = (peer: SyncPeer, change: (record: PeerRecord) => void): void => {
    const record = peers.get(peer)
    if (record !== undefined) change(record)
  }
  const end = (peer: SyncPeer, change: (record: PeerRecord) => void): void =>
    edit(peer, (record) => {
      record.underWay = Math.max(0, record.underWay - 1)
      change(record)
    })

  return {
    claim: (peer, height) => {
      if (condemned.has(peer)) return
      const known = peers.get(peer)
      if (known !== undefined) known.height = height
      else if (peers.size < SYNC_PEERS_MAX) {
        peers.set(peer, { height, lacks: undefined, underWay: 0, failures: 0, retryAtMs: 0, lastTurn: 0 })
      }
    },
    remove: (peer) => void peers.delete(peer),
    condemn: (peer) => {
      peers.delete(peer)
      if (condemned.size < CONDEMNED_MAX) condemned.add(peer)
    },
    isCondemned: (peer) => condemned.has(peer),
    lacks: (peer, pivotHash) => edit(peer, (record) => (record.lacks = pivotHash)),
    next: (nowMs, { height, pivotHash }) => {
      const ready = [...peers].filter(
        ([, record]) =>
          record.height >= height &&
          record.retryAtMs <= nowMs &&
          record.underWay < SNAPSHOT_REQUESTS_PER_PEER_MAX &&
          (pivotHash === undefined || record.lacks !== pivotHash),
      )
      const [found] = ready.sort(([, a], [, b]) => a.underWay - b.underWay || a.lastTurn - b.lastTurn)
      return found?.[0]
    },
    started: (peer) =>
      edit(peer, (record) => {
        record.underWay++
        record.lastTurn = ++turn
      }),
    succeeded: (peer) => end(peer, (record) => (record.failures = 0)),
    ended: (peer) => end(peer, () => {}),
    failed: (peer, nowMs) =>
      end(peer, (record) => {
        record.retryAtMs = nowMs + Math.min(BACKOFF_MS * 2 ** record.failures, BACKOFF_MAX_MS)
        record.failures++
      }),
    hasHolder: (height, pivotHash) =>
      [...peers.values()].some((record) => record.height >= height && record.lacks !== pivotHash),
    standing: (pivot) => {
      const useful = [...peers.values()].filter(
        ({ height, lacks }) => pivot === undefined || (height >= pivot.height && lacks !== pivot.hash),
      ).length
      return { useful, refused: peers.size - useful, condemned: condemned.size }
    },
    retryAtMs: (nowMs) => {
      const times = [...peers.values()].map(({ retryAtMs }) => retryAtMs).filter((atMs) => atMs > nowMs)
      return times.length === 0 ? undefined : Math.min(...times)
    },
    claimedHeight: () => Math.max(0, ...[...peers.values()].map(({ height }) => height)),
  }
}

/** Names of liars that are remembered; connections are bounded far below. */
const CONDEMNED_MAX = 4096
