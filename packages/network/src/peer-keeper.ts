/** Keeps anchors and bans over a restart: loads them at the start, writes them now and then and at the stop. */
import type { Clock, Log, PeerId, TimerHandle, Timers } from '@cairn/ports'
import { ANCHORS_MAX, ANCHOR_AFTER_MS, PEER_MEMORY_INTERVAL_MS } from './limits.ts'
import type { KnownPeer } from './peer-exchange.ts'
import { type PeerMemory, type PeerRecord, decodePeerRecord, encodePeerRecord } from './peer-memory.ts'
import type { ScoreBook } from './score-book.ts'

export interface PeerKeeper {
  /** Restores the scores and gives the anchors back. Never rejects. */
  load(): Promise<readonly KnownPeer[]>
  start(): void
  /** Writes what is known by now. Never rejects. */
  stop(): Promise<void>
  onConnected(peer: PeerId): void
  onDisconnected(peer: PeerId): void
}

export interface PeerKeeperDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly memory: PeerMemory | undefined
  readonly book: ScoreBook
  /** Where a connected peer can be found again; empty: unknown. */
  readonly addressesOf: (peer: PeerId) => readonly string[]
}

export function createPeerKeeper(deps: PeerKeeperDeps): PeerKeeper {
  const { memory, clock } = deps
  const connectedAtMs = new Map<PeerId, number>()
  /** Good ones, the latest last; they stay when they go. */
  const anchors = new Map<PeerId, readonly string[]>()
  let timer: TimerHandle | undefined
  let written = ''

  function notice(peer: PeerId): void {
    const sinceMs = connectedAtMs.get(peer)
    if (sinceMs === undefined || clock.monotonicMs() - sinceMs < ANCHOR_AFTER_MS || deps.book.score(peer) < -1) return
    const addresses = deps.addressesOf(peer)
    if (addresses.length === 0) return
    anchors.delete(peer)
    anchors.set(peer, addresses)
    const oldest = anchors.keys().next()
    if (anchors.size > ANCHORS_MAX && oldest.done !== true) anchors.delete(oldest.value)
  }

  async function write(): Promise<void> {
    if (memory === undefined) return
    for (const peer of connectedAtMs.keys()) notice(peer)
    const record: PeerRecord = {
      savedAtMs: clock.nowMs(),
      anchors: [...anchors].map(([peer, addresses]) => ({ peer, addresses })),
      scores: deps.book.remembered(),
    }
    const content = JSON.stringify([record.anchors, record.scores])
    if (content === written) return
    try {
      await memory.save(encodePeerRecord(record))
      written = content
    } catch (error) {
      deps.log.warn('peers could not be remembered', { error })
    }
  }

  function again(): void {
    timer = deps.timers.after(PEER_MEMORY_INTERVAL_MS, () => {
      void write()
      again()
    })
  }

  return {
    async load() {
      const bytes = await memory?.load().catch(() => undefined)
      const record = bytes === undefined ? undefined : decodePeerRecord(bytes)
      if (record?.ok !== true) return []
      deps.book.restore(record.value.scores, clock.nowMs() - record.value.savedAtMs)
      for (const { peer, addresses } of record.value.anchors) anchors.set(peer, addresses)
      return record.value.anchors
    },
    start: again,
    async stop() {
      timer?.cancel()
      await write()
    },
    onConnected: (peer) => {
      if (!connectedAtMs.has(peer)) connectedAtMs.set(peer, clock.monotonicMs())
    },
    onDisconnected(peer) {
      notice(peer)
      connectedAtMs.delete(peer)
    },
  }
}
