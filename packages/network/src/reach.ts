/**
 * What is known of how peers are reached: by which transport each was reached last, and which transports never work here
 * (WebRTC-direct in a browser that does not take libp2p's ICE credentials). The next dial begins with what works. Kept for the
 * life of the node; anchors carry it over a restart, in the order of their addresses.
 */
import type { PeerId } from '@cairn/ports'
import { BOOK_PEERS_MAX, CONFIGURED_PEERS_MAX, TRANSPORT_DOUBT_AFTER } from './limits.ts'
import type { DialOutcome } from './dial-race.ts'
import { transportOf } from './multiaddr-text.ts'
import type { KnownPeer } from './peer-exchange.ts'

export interface Reach {
  /** `addresses` with the best first; what nothing is known of keeps its order. */
  order(peer: PeerId, addresses: readonly string[]): readonly string[]
  note(peer: PeerId, outcomes: readonly DialOutcome[]): void
  /** Of a peer that was good in an earlier life, as `order` had it then. */
  restore(anchor: KnownPeer): void
  /** What became of the addresses that were begun before the one that connected, at the last dial. */
  failures(peer: PeerId): readonly DialOutcome[]
}

interface Experience {
  /** Transport of the last connection. */
  readonly winner: string
  /** Begun before it and not connected. */
  readonly missed: readonly string[]
  /** Times in a row that some were. */
  readonly misses: number
  /** One of them did not only take longer. */
  readonly hasFailed: boolean
}

export function createReach(): Reach {
  const experiences = new Map<PeerId, Experience>()
  const failed = new Map<PeerId, readonly DialOutcome[]>()
  const works = new Set<string>()
  /** Times that another transport reached a peer and this one did not. */
  const misses = new Map<string, number>()

  const isDoubted = (transport: string): boolean =>
    !works.has(transport) && (misses.get(transport) ?? 0) >= TRANSPORT_DOUBT_AFTER

  /** To be overtaken once is no reason, where the transport works with others: a busy tab is slow with every one. */
  function isPreferred(peer: PeerId, transport: string): boolean {
    const known = experiences.get(peer)
    if (known?.winner !== transport) return false
    return known.hasFailed || known.misses >= TRANSPORT_DOUBT_AFTER || !known.missed.some((other) => works.has(other))
  }

  function rank(peer: PeerId, address: string): number {
    const transport = transportOf(address)
    if (isPreferred(peer, transport)) return 0
    return isDoubted(transport) ? 2 : 1
  }

  function reached(peer: PeerId, winner: string, missed: readonly DialOutcome[]): void {
    works.add(winner)
    for (const { transport } of missed) misses.set(transport, (misses.get(transport) ?? 0) + 1)
    put(experiences, peer, {
      winner,
      missed: missed.map(({ transport }) => transport),
      misses: missed.length === 0 ? 0 : (experiences.get(peer)?.misses ?? 0) + 1,
      hasFailed: missed.some(({ code }) => code !== 'OVERTAKEN'),
    })
  }

  return {
    order: (peer, addresses) => addresses.toSorted((a, b) => rank(peer, a) - rank(peer, b)),
    note(peer, outcomes) {
      if (outcomes.length === 0) return
      const at = outcomes.findIndex(({ code }) => code === 'CONNECTED')
      const winner = outcomes[at]
      // One that was begun later and overtaken might have been as good.
      const missed = winner === undefined ? outcomes : outcomes.slice(0, at)
      put(failed, peer, missed)
      if (winner !== undefined) reached(peer, winner.transport, missed)
    },
    restore({ peer, addresses: [best, ...rest] }) {
      if (best === undefined) return
      const overtaken = rest.map(
        (address) => ({ transport: transportOf(address), code: 'OVERTAKEN', afterMs: 0 }) as const,
      )
      reached(peer, transportOf(best), overtaken)
    },
    failures: (peer) => failed.get(peer) ?? [],
  }
}

/** The newest stay. */
function put<Value>(map: Map<PeerId, Value>, peer: PeerId, value: Value): void {
  map.delete(peer)
  map.set(peer, value)
  const oldest = map.keys().next()
  if (map.size > BOOK_PEERS_MAX + CONFIGURED_PEERS_MAX && oldest.done !== true) map.delete(oldest.value)
}
