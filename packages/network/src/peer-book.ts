/**
 * Peers to dial that nobody configured: anchors of an earlier life, and what other peers tell. Bounded as a whole and
 * for each teller, so that one liar cannot crowd out what others say; a peer that cannot be reached waits longer each time.
 */
import type { Clock, PeerId, Random } from '@cairn/ports'
import { backOffMs } from './goodbye.ts'
import {
  BOOK_PEERS_MAX,
  BOOK_PEERS_PER_TELLER_MAX,
  DISCOVERY_RETRY_MAX_MS,
  DISCOVERY_RETRY_MS,
  DISCOVERY_YIELD_MS,
} from './limits.ts'
import { usableAddresses } from './peer-addresses.ts'

export interface PeerBook {
  /** `teller`: who says so; `undefined` for an anchor. True: it is a new one. */
  add(peer: PeerId, addresses: readonly string[], teller: PeerId | undefined): boolean
  /** The next one to dial among those `isWanted`; anchors and fresh ones first, the rest by chance. */
  next(isWanted: (peer: PeerId) => boolean): BookEntry | undefined
  failed(peer: PeerId): void
  succeeded(peer: PeerId): void
  /** It has said goodbye: it is not dialed for a while, longer with each time. */
  leaveAlone(peer: PeerId, waitMs: number): void
  /** All may be dialed at once, but for those that have said goodbye: the network is back. */
  forgive(): void
}

interface BookEntry {
  readonly peer: PeerId
  readonly addresses: readonly string[]
}

interface Entry {
  addresses: readonly string[]
  readonly teller: PeerId | undefined
  failures: number
  goodbyes: number
  retryAtMs: number
}

export interface PeerBookOptions {
  readonly ownPeerId: PeerId
  /** Names of `transportOf` that this node can dial. */
  readonly transports: readonly string[]
}

export function createPeerBook(
  options: PeerBookOptions,
  deps: { readonly clock: Clock; readonly random: Random },
): PeerBook {
  const entries = new Map<PeerId, Entry>()

  function makeRoom(teller: PeerId | undefined): void {
    const same = [...entries].filter(([, entry]) => entry.teller === teller)
    if (teller !== undefined && same.length >= BOOK_PEERS_PER_TELLER_MAX) dropWorst(same)
    if (entries.size >= BOOK_PEERS_MAX) dropWorst([...entries])
  }

  function dropWorst(candidates: readonly (readonly [PeerId, Entry])[]): void {
    const worst = candidates.toSorted(([, a], [, b]) => b.failures - a.failures)[0]
    if (worst !== undefined) entries.delete(worst[0])
  }

  return {
    add(peer, addresses, teller) {
      if (peer === options.ownPeerId) return false
      const usable = usableAddresses(addresses, peer, options.transports)
      if (usable.length === 0) return false
      const known = entries.get(peer)
      if (known !== undefined) {
        // A stranger's word does not replace addresses that work.
        if (known.failures > 0 || teller === peer) known.addresses = usable
        return false
      }
      makeRoom(teller)
      // Both of two tabs hear of each other at about the same time: one dial is enough.
      const yieldsMs = teller !== undefined && options.ownPeerId > peer ? DISCOVERY_YIELD_MS : 0
      entries.set(peer, {
        addresses: usable,
        teller,
        failures: 0,
        goodbyes: 0,
        retryAtMs: deps.clock.monotonicMs() + yieldsMs,
      })
      return true
    },
    next(isWanted) {
      const nowMs = deps.clock.monotonicMs()
      const ready = [...entries].filter(([peer, entry]) => entry.retryAtMs <= nowMs && isWanted(peer))
      const fewest = Math.min(...ready.map(([, entry]) => entry.failures))
      const best = ready.filter(([, entry]) => entry.failures === fewest)
      const anchors = best.filter(([, entry]) => entry.teller === undefined)
      const pool = anchors.length > 0 ? anchors : best
      const found = pool[Math.floor(((deps.random.bytes(1)[0] ?? 0) / 256) * pool.length)]
      return found && { peer: found[0], addresses: found[1].addresses }
    },
    failed(peer) {
      const entry = entries.get(peer)
      if (entry === undefined) return
      const pauseMs = Math.min(DISCOVERY_RETRY_MS * 2 ** entry.failures, DISCOVERY_RETRY_MAX_MS)
      entry.retryAtMs = deps.clock.monotonicMs() + pauseMs
      entry.failures += 1
    },
    succeeded(peer) {
      const entry = entries.get(peer)
      if (entry === undefined) return
      entry.failures = 0
      entry.retryAtMs = deps.clock.monotonicMs() + DISCOVERY_RETRY_MS
    },
    leaveAlone(peer, waitMs) {
      const entry = entries.get(peer)
      if (entry === undefined) return
      entry.retryAtMs = deps.clock.monotonicMs() + backOffMs({ waitMs, times: entry.goodbyes }, deps.random)
      entry.goodbyes += 1
    },
    forgive() {
      for (const entry of entries.values()) if (entry.goodbyes === 0) entry.retryAtMs = 0
    },
  }
}
