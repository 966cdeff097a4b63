/** The libp2p node under a network: its settings, and the few things asked of it as a whole. */
import { CodedError } from '@cairn/primitives'
import type { PeerId, PeerSummary, Timers } from '@cairn/ports'
import { createDeadline, raceSignal } from './deadline.ts'
import { dhtService } from './dht.ts'
import { gossipsubOptions } from './gossip-settings.ts'
import { privateKeyFromIdentity } from './identity.ts'
import { createLibp2pNode, dialTransport, parseMultiaddr } from './libp2p-view.ts'
import type { ConnectionView, GaterView, Libp2pView } from './libp2p-view.ts'
import {
  DIAL_TIMEOUT_MS,
  INBOUND_MAX,
  INBOUND_PENDING_MAX,
  INBOUND_PER_IP_PER_SECOND_MAX,
  OUTBOUND_MAX,
  PING_INTERVAL_MS,
  PING_TIMEOUT_MIN_MS,
} from './limits.ts'
import { noteProtocolsOnce } from './merged-protocols.ts'
import { transportOf } from './multiaddr-text.ts'
import type { NetworkDeps, NetworkOptions } from './network-options.ts'
import { openGossipStreamsInParallel } from './parallel-gossip-streams.ts'
import { TOPICS, topicName } from './topics.ts'

/** Stopped. @throws CodedError `IDENTITY_INVALID` */
export async function createNode(
  options: NetworkOptions,
  deps: NetworkDeps,
  own: { readonly gater: GaterView; readonly appScore: (peer: PeerId) => number },
): Promise<Libp2pView> {
  const libp2p = await createLibp2pNode({
    privateKey: privateKeyFromIdentity(options.identity),
    listen: options.listen,
    announce: options.announce ?? [],
    transports: deps.transports,
    services: {
      ...deps.services,
      ...(options.discovery?.dht === 'server' ? { dht: await dhtService({ ...options, mode: 'server' }) } : {}),
    },
    datastore: deps.datastore,
    gater: own.gater,
    pubsub: gossipsubOptions({
      topicNames: TOPICS.map((topic) => topicName(options.genesisHash, topic)),
      localNetwork: options.localNetwork,
      heartbeatMs: options.heartbeatMs,
      sha256: deps.sha256,
      appScore: own.appScore,
    }),
    connectionManager: {
      // Admission decides; libp2p's single limit stays out of the way of reserved slots.
      maxConnections: 4 * ((options.inboundMax ?? INBOUND_MAX) + (options.outboundMax ?? OUTBOUND_MAX)),
      maxIncomingPendingConnections: INBOUND_PENDING_MAX,
      inboundConnectionThreshold: options.localNetwork ? 1_000_000 : INBOUND_PER_IP_PER_SECOND_MAX,
      reconnectRetries: 0,
      dialTimeout: DIAL_TIMEOUT_MS,
      addressDialTimeout: options.addressDialTimeoutMs ?? DIAL_TIMEOUT_MS,
    },
    connectionMonitor: { pingInterval: PING_INTERVAL_MS, pingTimeout: { minTimeout: PING_TIMEOUT_MIN_MS } },
  })
  openGossipStreamsInParallel(libp2p.services.pubsub)
  noteProtocolsOnce(libp2p, deps.clock)
  return libp2p
}

/** @throws CodedError `LISTEN_FAILED` */
export async function startListening(libp2p: Libp2pView): Promise<void> {
  try {
    await libp2p.start()
  } catch (cause) {
    throw new CodedError('LISTEN_FAILED', 'the network could not start listening', { cause })
  }
}

/** Dials one address of several, until `outer` aborts. @throws CodedError `DIAL_TIMEOUT`; the transport's errors; `outer`'s reason */
export async function dial(
  libp2p: Libp2pView,
  address: string,
  options: { readonly timeoutMs: number; readonly isAlone: boolean; readonly signal: AbortSignal },
  deps: { readonly timers: Timers },
): Promise<{ abort(): void }> {
  const error = (): CodedError => new CodedError('DIAL_TIMEOUT', `no connection in time: ${address}`)
  const deadline = createDeadline({ timeoutMs: options.timeoutMs, error, outer: options.signal }, deps)
  const abort = (connection: ConnectionView): void => connection.abort(new Error('another address was faster'))
  const { signal } = deadline
  try {
    // QUIC's dial does not listen to its signal, and a transport may be done in the moment of an abort.
    const connection =
      options.isAlone || !RACED.has(transportOf(address))
        ? await raceSignal(libp2p.dial(parseMultiaddr(address), { signal }), signal)
        : await raceSignal(dialTransport(libp2p, address, signal), signal, abort)
    return { abort: () => abort(connection) }
  } finally {
    deadline.clear()
  }
}

/** Names are resolved, and relays are gone through, by libp2p's own queue. */
const RACED: ReadonlySet<string> = new Set(['quic-v1', 'webrtc-direct', 'wss', 'ws', 'tcp'])

/**
 * The newest open direct connection: an older one may belong to a peer's earlier life. Without one a relayed link: a
 * peer whose upgrade to WebRTC fails is still asked and answered.
 */
export function connectionTo(connections: readonly ConnectionView[], peer: PeerId): ConnectionView | undefined {
  const open = connections.filter(
    (connection) => connection.status === 'open' && connection.remotePeer.toString() === peer,
  )
  return open.findLast((connection) => connection.limits === undefined) ?? open.at(-1)
}

/** Whether a connection that is not relayed is open. */
export function isDirect(connections: readonly ConnectionView[], peer: PeerId): boolean {
  return connectionTo(connections, peer)?.limits === undefined && connectionTo(connections, peer) !== undefined
}

/** One summary per connected peer. */
export function summaries(
  connections: readonly ConnectionView[],
  score: (peer: PeerId) => number,
  isGossiping: (peer: PeerId) => boolean,
): readonly PeerSummary[] {
  const byPeer = new Map<PeerId, PeerSummary>()
  for (const connection of connections) {
    if (connection.status !== 'open') continue
    const peerId = connection.remotePeer.toString()
    if (connection.limits !== undefined && isDirect(connections, peerId)) continue
    byPeer.set(peerId, {
      peerId,
      direction: connection.direction,
      transport: transportOf(connection.remoteAddr.toString()),
      score: score(peerId),
      gossiping: isGossiping(peerId),
    })
  }
  return [...byPeer.values()]
}
