/**
 * Who may connect: inbound and outbound limits apart, a cap per address, slots reserved for validators, nobody
 * whose score is too bad. libp2p has only one limit for all, so its own is set far above these.
 */
import type { Clock, PeerId } from '@cairn/ports'
import type { ConnectionView, GaterView } from './libp2p-view.ts'
import { RATED_PEERS_MAX, RELAY_DIALS_BURST_MAX, RELAY_DIALS_PER_SECOND_MAX } from './limits.ts'
import { ipGroupOf } from './multiaddr-text.ts'
import { createTokenBuckets } from './token-buckets.ts'

export interface AdmissionOptions {
  readonly inboundMax: number
  readonly outboundMax: number
  readonly inboundPerIpMax: number
  /** Admitted beyond the limits, not beyond a ban. */
  readonly reservedPeers: readonly PeerId[]
  /** No cap per address; private and loopback addresses may be dialed (browsers refuse them otherwise). */
  readonly localNetwork: boolean
}

export interface AdmissionDeps {
  readonly clock: Clock
  readonly connections: () => readonly ConnectionView[]
  readonly isRefused: (peer: PeerId) => boolean
}

export interface Admission {
  readonly gater: GaterView
  /** Why a connection just opened must be closed; `undefined` when it may stay. Catches what raced past the gater. */
  excess(connection: ConnectionView): string | undefined
}

export function createAdmission(options: AdmissionOptions, deps: AdmissionDeps): Admission {
  const reserved = new Set(options.reservedPeers)
  const relayDials = createTokenBuckets(
    { capacity: RELAY_DIALS_BURST_MAX, refillPerSecond: RELAY_DIALS_PER_SECOND_MAX, keysMax: RATED_PEERS_MAX },
    deps,
  )

  function others(direction: 'inbound' | 'outbound', except: PeerId): readonly ConnectionView[] {
    return deps.connections().filter((connection) => {
      const peer = connection.remotePeer.toString()
      return connection.direction === direction && peer !== except && !reserved.has(peer)
    })
  }

  function denial(direction: 'inbound' | 'outbound', peer: PeerId, address: string): string | undefined {
    if (deps.isRefused(peer)) return 'PEER_REFUSED'
    if (reserved.has(peer)) return undefined
    const same = others(direction, peer)
    if (same.length >= (direction === 'inbound' ? options.inboundMax : options.outboundMax)) return 'LIMIT_REACHED'
    const group = ipGroupOf(address)
    if (direction === 'outbound' || options.localNetwork || group === undefined) return undefined
    const neighbours = same.filter((connection) => ipGroupOf(connection.remoteAddr.toString()) === group)
    return neighbours.length >= options.inboundPerIpMax ? 'ADDRESS_LIMIT_REACHED' : undefined
  }

  const gater: GaterView = {
    denyDialPeer: (peer) => deps.isRefused(peer.toString()),
    denyInboundEncryptedConnection: (peer, connection) =>
      denial('inbound', peer.toString(), connection.remoteAddr.toString()) !== undefined,
    denyOutboundConnection: (peer) => denial('outbound', peer.toString(), '') !== undefined,
    denyInboundRelayReservation: (peer) => deps.isRefused(peer.toString()),
    denyOutboundRelayedConnection: (from) => deps.isRefused(from.toString()) || !relayDials.take(from.toString()),
    denyInboundRelayedConnection: (_relay, peer) => denial('inbound', peer.toString(), '') !== undefined,
  }
  return {
    gater: options.localNetwork ? { ...gater, denyDialMultiaddr: () => false } : gater,
    excess: (connection) =>
      denial(connection.direction, connection.remotePeer.toString(), connection.remoteAddr.toString()),
  }
}
