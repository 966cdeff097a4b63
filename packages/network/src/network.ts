/** The port `Network` on libp2p 3 and gossipsub, with the platform's transports handed in. */
import { CodedError, assert } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type {
  Clock,
  Log,
  Metrics,
  Network,
  PeerId,
  PeerSummary,
  Random,
  RequestHandler,
  RequestProtocol,
  Timers,
  Topic,
  TopicHandler,
} from '@cairn/ports'
import { createAdmission } from './admission.ts'
import { createConnectionWatch } from './connection-watch.ts'
import { createDeadline, raceSignal } from './deadline.ts'
import { createGossipEnvelopes } from './gossip-envelope.ts'
import { createGossipJudge } from './gossip-judge.ts'
import { gossipsubOptions } from './gossip-settings.ts'
import { privateKeyFromIdentity } from './identity.ts'
import { createLibp2pNode, parseMultiaddr } from './libp2p-view.ts'
import type { ConnectionView, GaterView, Libp2pView, ServiceFactory, TransportFactory } from './libp2p-view.ts'
import {
  DIAL_TIMEOUT_MS,
  INBOUND_MAX,
  INBOUND_PENDING_MAX,
  INBOUND_PER_IP_MAX,
  INBOUND_PER_IP_PER_SECOND_MAX,
  OUTBOUND_MAX,
  PENALTY,
  PENALTY_DEFAULT,
  PING_INTERVAL_MS,
  PING_TIMEOUT_MIN_MS,
  REQUEST_STREAMS_MAX,
  TOPIC_SIZE_MAX_BYTES,
} from './limits.ts'
import { transportOf } from './multiaddr-text.ts'
import { createPeering } from './peering.ts'
import { createRequestClient } from './request-client.ts'
import type { Sha256 } from './request-frame.ts'
import { createRequestServer } from './request-server.ts'
import { createScoreBook } from './score-book.ts'
import { TOPICS, requestProtocolName, topicName } from './topics.ts'

export interface NetworkOptions {
  readonly genesisHash: Hash
  /** From `generateIdentity`; secret. */
  readonly identity: Uint8Array
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Multiaddrs to tell others instead of the listening ones. */
  readonly announce?: readonly string[]
  /** Multiaddrs ending in `/p2p/<peer id>`, kept connected; several per peer are tried in turn. */
  readonly peers: readonly string[]
  /** Peers admitted beyond the limits: the validators. */
  readonly reservedPeers?: readonly PeerId[]
  /** All nodes on one machine or LAN: no caps per address, private addresses are dialed. */
  readonly localNetwork: boolean
  readonly inboundMax?: number
  readonly outboundMax?: number
  readonly inboundPerIpMax?: number
  /** Gossip heartbeat. */
  readonly heartbeatMs?: number
  /** One address of one dial. */
  readonly addressDialTimeoutMs?: number
}

export interface NetworkDeps {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  /** The platform's fastest. */
  readonly sha256: Sha256
  readonly transports: readonly TransportFactory[]
  /** Further libp2p services by name. */
  readonly services?: Readonly<Record<string, ServiceFactory>>
  /** An `interface-datastore`; memory when absent. */
  readonly datastore?: unknown
}

/** A stopped network. @throws CodedError `IDENTITY_INVALID`, `PEER_ADDRESS_INVALID` */
export async function createNetwork(options: NetworkOptions, deps: NetworkDeps): Promise<Network> {
  const book = createScoreBook(deps)
  const topicHandlers = new Map<Topic, TopicHandler>()
  const requestHandlers = new Map<RequestProtocol, RequestHandler>()
  const listeners = new Set<() => void>()
  const envelopes = createGossipEnvelopes(deps)
  // The gater and the scores ask about connections before libp2p exists.
  let connections = (): readonly ConnectionView[] => []
  const admission = createAdmission(
    {
      inboundMax: options.inboundMax ?? INBOUND_MAX,
      outboundMax: options.outboundMax ?? OUTBOUND_MAX,
      inboundPerIpMax: options.inboundPerIpMax ?? INBOUND_PER_IP_MAX,
      reservedPeers: options.reservedPeers ?? [],
      localNetwork: options.localNetwork,
    },
    { connections: () => connections(), isRefused: book.isRefused },
  )
  const libp2p = await createNode(options, deps, { gater: admission.gater, appScore: book.score })
  connections = () => libp2p.getConnections()
  const peerId = libp2p.peerId.toString()
  const watch = createConnectionWatch({
    ...deps,
    ownPeerId: peerId,
    pubsub: libp2p.services.pubsub,
    connections,
    excess: admission.excess,
  })
  const isConnected = (peer: PeerId): boolean => connectionTo(connections(), peer) !== undefined
  const peering = createPeering(options, {
    ...deps,
    ownPeerId: peerId,
    isConnected,
    isRefused: book.isRefused,
    dial: (address) => dial(libp2p, address, deps),
  })

  function report(peer: PeerId, cost: number, code: string): void {
    const action = book.report(peer, cost)
    deps.metrics.count('network_penalties_total', { code })
    if (action === 'keep') return
    deps.log.warn('peer disconnected for misbehaviour', { peer, code, action })
    watch.disconnect(peer, action)
  }

  const judge = createGossipJudge({ ...deps, handlers: topicHandlers, report })
  const client = createRequestClient({
    ...deps,
    report,
    protocolName: (protocol) => requestProtocolName(options.genesisHash, protocol),
    connectionTo: (peer) => connectionTo(connections(), peer),
  })
  const server = createRequestServer({ ...deps, report })

  function notifyPeersChanged(): void {
    deps.metrics.gauge('network_peers', new Set(connections().map((one) => one.remotePeer.toString())).size)
    for (const listener of listeners) listener()
  }

  // libp2p's own book-keeping listens to the same events, after us: hence the delay before anyone looks.
  libp2p.addEventListener('connection:open', ({ detail }) => {
    watch.onOpened(detail)
    peering.onConnected(detail.remotePeer.toString())
    deps.timers.after(0, notifyPeersChanged)
  })
  libp2p.addEventListener('connection:close', ({ detail }) => {
    const peer = detail.remotePeer.toString()
    if (!isConnected(peer)) peering.onDisconnected(peer)
    deps.timers.after(0, () => {
      watch.onClosed(detail)
      notifyPeersChanged()
    })
  })

  let state = 'new' as 'new' | 'running' | 'stopped'
  let isGossiping = false
  return {
    peerId,
    addresses: () => libp2p.getMultiaddrs().map((address) => address.toString()),
    onTopic(topic, handler) {
      assert(state === 'new', 'topic handlers are set before start')
      topicHandlers.set(topic, handler)
    },
    onRequest(protocol, handler) {
      assert(state === 'new', 'request handlers are set before start')
      requestHandlers.set(protocol, handler)
    },
    async start() {
      assert(state === 'new', 'a network starts once')
      state = 'running'
      for (const [protocol, handler] of requestHandlers) {
        await libp2p.handle(
          requestProtocolName(options.genesisHash, protocol),
          (stream, connection) => void server.serve(protocol, handler, stream, connection),
          { maxInboundStreams: REQUEST_STREAMS_MAX, maxOutboundStreams: REQUEST_STREAMS_MAX },
        )
      }
      await listen(libp2p)
      for (const topic of topicHandlers.keys()) {
        const name = topicName(options.genesisHash, topic)
        libp2p.services.pubsub.topicValidators.set(name, async (from, message) =>
          // Gossipsub forgets its ids when it stops, and delivers what is still under way.
          state === 'running' ? judge(topic, message.data, from.toString()) : 'ignore',
        )
        libp2p.services.pubsub.subscribe(name)
      }
      isGossiping = true
      watch.start()
      peering.start()
    },
    async stop() {
      if (state !== 'running') return
      state = 'stopped'
      peering.stop()
      watch.stop()
      await libp2p.stop()
    },
    async publish(topic, data) {
      if (data.length === 0 || data.length > TOPIC_SIZE_MAX_BYTES[topic]) throw sizeError(topic, data.length)
      // Before gossip runs, and after, there is nobody to hand it to: a node steps its recovery before it listens.
      if (state !== 'running' || !isGossiping) return 0
      const name = topicName(options.genesisHash, topic)
      const { recipients } = await libp2p.services.pubsub.publish(name, envelopes.seal(topic, data))
      deps.metrics.count('network_gossip_published_total', { topic })
      return recipients.length
    },
    request: client.request,
    peers: () => summaries(connections(), book.score, watch.isGossiping),
    penalize: (peer, code) =>
      report(peer, (PENALTY as Readonly<Record<string, number>>)[code] ?? PENALTY_DEFAULT, code),
    onPeersChanged(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function createNode(
  options: NetworkOptions,
  deps: NetworkDeps,
  own: { readonly gater: GaterView; readonly appScore: (peer: PeerId) => number },
): Promise<Libp2pView> {
  return createLibp2pNode({
    privateKey: privateKeyFromIdentity(options.identity),
    listen: options.listen,
    announce: options.announce ?? [],
    transports: deps.transports,
    services: deps.services ?? {},
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
}

async function listen(libp2p: Libp2pView): Promise<void> {
  try {
    await libp2p.start()
  } catch (cause) {
    throw new CodedError('LISTEN_FAILED', 'the network could not start listening', { cause })
  }
}

async function dial(libp2p: Libp2pView, address: string, deps: { readonly timers: Timers }): Promise<void> {
  const error = (): CodedError => new CodedError('DIAL_TIMEOUT', `no connection in time: ${address}`)
  const deadline = createDeadline({ timeoutMs: DIAL_TIMEOUT_MS, error }, deps)
  try {
    // QUIC's dial does not listen to its signal.
    await raceSignal(libp2p.dial(parseMultiaddr(address), { signal: deadline.signal }), deadline.signal)
  } finally {
    deadline.clear()
  }
}

/** The newest open direct connection: an older one may belong to a peer's earlier life. */
function connectionTo(connections: readonly ConnectionView[], peer: PeerId): ConnectionView | undefined {
  return connections
    .filter((connection) => connection.status === 'open' && connection.limits === undefined)
    .findLast((connection) => connection.remotePeer.toString() === peer)
}

function summaries(
  connections: readonly ConnectionView[],
  score: (peer: PeerId) => number,
  isGossiping: (peer: PeerId) => boolean,
): readonly PeerSummary[] {
  const byPeer = new Map<PeerId, PeerSummary>()
  for (const connection of connections) {
    if (connection.status !== 'open') continue
    const peerId = connection.remotePeer.toString()
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

function sizeError(topic: Topic, sizeBytes: number): CodedError {
  return new CodedError('MESSAGE_SIZE', 'a gossiped message must fit its topic', { data: { topic, sizeBytes } })
}
