/**
 * Who may connect: inbound and outbound limits apart, caps per address and per neighbourhood of addresses, slots
 * reserved for validators, nobody whose score is too bad. libp2p has only one limit for all, so its own is set far above these.
 *
 * Where the slots are full, a few more are let in on probation: a validator with a new peer id has to be heard once before
 * a slot can be reserved for it. Who has not got one when the time is over goes.
 *
 * Who goes, or finds no place, is told why, a few at a time. Who had its time on probation is refused without anything more for a while.
 */
import type { Clock, PeerId, Timers } from '@cairn/ports'
import type { ConnectionView, GaterView } from './libp2p-view.ts'
import { type Goodbye, isGoodbyeCode } from './goodbye.ts'
import {
  FAREWELLS_MAX,
  PROBATION_MAX,
  PUT_OUT_MS,
  RATED_PEERS_MAX,
  RELAY_DIALS_BURST_MAX,
  RELAY_DIALS_PER_SECOND_MAX,
} from './limits.ts'
import { ipGroupOf, ipNeighbourhoodOf } from './multiaddr-text.ts'
import { createPutOut } from './put-out.ts'
import { createTokenBuckets } from './token-buckets.ts'

export interface AdmissionOptions {
  readonly inboundMax: number
  readonly outboundMax: number
  readonly inboundPerIpMax: number
  readonly inboundPerPrefixMax: number
  readonly probationMs: number
  /** No cap per address; private and loopback addresses may be dialed (browsers refuse them otherwise). */
  readonly localNetwork: boolean
}

export interface AdmissionDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly connections: () => readonly ConnectionView[]
  readonly isRefused: (peer: PeerId) => boolean
}

export interface Admission {
  readonly gater: GaterView
  /** From now on these are admitted beyond the limits, not beyond a ban; nobody else is. */
  reserve(peers: readonly PeerId[]): void
  /**
   * Why a connection just opened must be closed; `undefined` when it may stay. Catches what raced past the gater. `close`
   * is called later where it may stay on probation only.
   */
  admit(connection: ConnectionView, close: (why: string) => void): string | undefined
  /** What to tell a peer whose connection is closed for `why`; it takes no slot any more. `undefined`: nothing, it is closed at once. */
  farewell(connection: ConnectionView, why: string): Goodbye | undefined
}

type Direction = ConnectionView['direction']

export function createAdmission(options: AdmissionOptions, deps: AdmissionDeps): Admission {
  let reserved: ReadonlySet<PeerId> = new Set()
  const onProbation = new Set<ConnectionView>()
  /** Told goodbye, and about to be closed. */
  const leaving = new Set<ConnectionView>()
  const putOut = createPutOut(options, deps)
  const relayDials = createTokenBuckets(
    { capacity: RELAY_DIALS_BURST_MAX, refillPerSecond: RELAY_DIALS_PER_SECOND_MAX, keysMax: RATED_PEERS_MAX },
    deps,
  )

  /** Open connections that take one of the slots for everybody. */
  function others(direction: Direction, except: PeerId): readonly ConnectionView[] {
    return deps.connections().filter((connection) => {
      const peer = connection.remotePeer.toString()
      return connection.direction === direction && peer !== except && !reserved.has(peer) && !leaving.has(connection)
    })
  }

  function capReached(address: string, same: readonly ConnectionView[]): string | undefined {
    if (options.localNetwork) return undefined
    const count = (placeOf: typeof ipGroupOf): number => countAt(placeOf, address, same)
    if (count(ipGroupOf) >= options.inboundPerIpMax) return 'ADDRESS_LIMIT_REACHED'
    return count(ipNeighbourhoodOf) >= options.inboundPerPrefixMax ? 'PREFIX_LIMIT_REACHED' : undefined
  }

  function isProbationPossible(address: string, peer: PeerId): boolean {
    forgetClosed(onProbation)
    const same = others('inbound', peer).filter((connection) => onProbation.has(connection))
    if (same.length >= PROBATION_MAX) return false
    return options.localNetwork || countAt(ipNeighbourhoodOf, address, same) === 0
  }

  function forgetClosed(connections: Set<ConnectionView>): void {
    const open = new Set(deps.connections())
    for (const connection of connections) if (!open.has(connection)) connections.delete(connection)
  }

  function isFull(direction: Direction, peer: PeerId): boolean {
    return others(direction, peer).length >= (direction === 'inbound' ? options.inboundMax : options.outboundMax)
  }

  function denial(direction: Direction, peer: PeerId, address: string): string | undefined {
    if (deps.isRefused(peer)) return 'PEER_REFUSED'
    if (reserved.has(peer)) return undefined
    if (direction === 'outbound') return isFull(direction, peer) ? 'LIMIT_REACHED' : undefined
    const cap = capReached(address, others(direction, peer))
    if (cap === undefined && !isFull(direction, peer)) return undefined
    if (putOut.isOut(peer, address)) return 'PUT_OUT_LATELY'
    if (cap !== undefined) return cap
    return isProbationPossible(address, peer) ? undefined : 'LIMIT_REACHED'
  }

  function admit(connection: ConnectionView, close: (why: string) => void): string | undefined {
    const { direction, remotePeer, remoteAddr } = connection
    const peer = remotePeer.toString()
    const why = denial(direction, peer, remoteAddr.toString())
    if (why !== undefined || direction === 'outbound' || reserved.has(peer) || !isFull(direction, peer)) return why
    onProbation.add(connection)
    deps.timers.after(options.probationMs, () => {
      const isThere = onProbation.delete(connection) && connection.status === 'open'
      if (!isThere || reserved.has(peer) || !isFull(direction, peer)) return
      putOut.note(peer, remoteAddr.toString())
      close('LIMIT_REACHED')
    })
    return undefined
  }

  function farewell(connection: ConnectionView, why: string): Goodbye | undefined {
    if (connection.direction === 'outbound' || !isGoodbyeCode(why)) return undefined
    forgetClosed(leaving)
    if (leaving.size >= FAREWELLS_MAX) return undefined
    leaving.add(connection)
    const isOut = putOut.isOut(connection.remotePeer.toString(), connection.remoteAddr.toString())
    // Who has only come at a bad moment may find a place on probation with the next try.
    return { code: why, waitMs: isOut ? PUT_OUT_MS : options.probationMs }
  }

  /** Who can still be told why is let through to `admit`. */
  function isTurnedAway(peer: PeerId, address: string): boolean {
    const why = denial('inbound', peer, address)
    if (why === undefined) return false
    forgetClosed(leaving)
    return !isGoodbyeCode(why) || leaving.size >= FAREWELLS_MAX
  }

  const denies = (direction: Direction, peer: PeerId, address: string): boolean =>
    denial(direction, peer, address) !== undefined
  const gater: GaterView = {
    denyDialPeer: (peer) => deps.isRefused(peer.toString()),
    denyInboundEncryptedConnection: (peer, connection) =>
      isTurnedAway(peer.toString(), connection.remoteAddr.toString()),
    denyOutboundConnection: (peer) => denies('outbound', peer.toString(), ''),
    denyInboundRelayReservation: (peer) => deps.isRefused(peer.toString()),
    denyOutboundRelayedConnection: (from) => deps.isRefused(from.toString()) || !relayDials.take(from.toString()),
    denyInboundRelayedConnection: (_relay, peer) => denies('inbound', peer.toString(), ''),
  }
  return {
    gater: options.localNetwork ? { ...gater, denyDialMultiaddr: () => false } : gater,
    reserve: (peers) => (reserved = new Set(peers)),
    admit,
    farewell,
  }
}

/** Of `connections` those from the same place as `address`; 0 where it has none. */
function countAt(
  placeOf: (address: string) => string | undefined,
  address: string,
  connections: readonly ConnectionView[],
): number {
  const place = placeOf(address)
  if (place === undefined) return 0
  return connections.filter((connection) => placeOf(connection.remoteAddr.toString()) === place).length
}
