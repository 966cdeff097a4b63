/** The port `Network` on libp2p 3 and gossipsub, with the platform's transports handed in. */
import { CodedError, assert } from '@cairn/primitives'
import type { Network, PeerId, RequestHandler, RequestProtocol, Topic, TopicHandler } from '@cairn/ports'
import { createAdmission } from './admission.ts'
import type { Admission } from './admission.ts'
import { createConnectionWatch } from './connection-watch.ts'
import { createGossipEnvelopes } from './gossip-envelope.ts'
import { createGossipJudge } from './gossip-judge.ts'
import { connectionTo, createNode, dial, startListening, summaries } from './libp2p-node.ts'
import type { ConnectionView, Libp2pView } from './libp2p-view.ts'
import {
  INBOUND_MAX,
  INBOUND_PER_IP_MAX,
  OUTBOUND_MAX,
  PENALTY,
  PENALTY_DEFAULT,
  REQUEST_STREAMS_MAX,
  STOP_MAX_MS,
  TOPIC_SIZE_MAX_BYTES,
} from './limits.ts'
import type { NetworkDeps, NetworkOptions } from './network-options.ts'
import { createPeering } from './peering.ts'
import { createRequestClient } from './request-client.ts'
import { createRequestServer } from './request-server.ts'
import { createScoreBook } from './score-book.ts'
import type { ScoreBook } from './score-book.ts'
import { requestProtocolName, topicName } from './topics.ts'

/** A stopped network. @throws CodedError `IDENTITY_INVALID`, `PEER_ADDRESS_INVALID` */
export async function createNetwork(options: NetworkOptions, deps: NetworkDeps): Promise<Network> {
  const book = createScoreBook(deps)
  // The gater asks about connections before libp2p exists.
  let connections = (): readonly ConnectionView[] => []
  const admission = admissionOf(options, () => connections(), book)
  const libp2p = await createNode(options, deps, { gater: admission.gater, appScore: book.score })
  connections = () => libp2p.getConnections()
  const links = createLinks(options, deps, { libp2p, book, admission })
  const messaging = createMessaging(options, deps, { libp2p, report: links.report })
  // `starting`: incoming connections are possible, gossip does not run yet.
  let state = 'new' as 'new' | 'starting' | 'running' | 'stopped'

  return {
    peerId: libp2p.peerId.toString(),
    addresses: () => libp2p.getMultiaddrs().map((address) => address.toString()),
    onTopic(topic, handler) {
      assert(state === 'new', 'topic handlers are set before start')
      messaging.topicHandlers.set(topic, handler)
    },
    onRequest(protocol, handler) {
      assert(state === 'new', 'request handlers are set before start')
      messaging.requestHandlers.set(protocol, handler)
    },
    async start() {
      assert(state === 'new', 'a network starts once')
      state = 'starting'
      await messaging.serveRequests()
      await startListening(libp2p)
      messaging.subscribe(() => state === 'running')
      state = 'running'
      links.start()
    },
    async stop() {
      if (state !== 'starting' && state !== 'running') return
      state = 'stopped'
      links.stop()
      // A peer that went at the same moment is waited for until its connection times out: of no use to anybody.
      const patience = Promise.withResolvers<void>()
      const timer = deps.timers.after(STOP_MAX_MS, patience.resolve)
      await Promise.race([libp2p.stop(), patience.promise])
      timer.cancel()
    },
    async publish(topic, data) {
      if (data.length === 0 || data.length > TOPIC_SIZE_MAX_BYTES[topic]) throw sizeError(topic, data.length)
      // Before gossip runs, and after, there is nobody to hand it to: a node steps its recovery before it listens.
      return state === 'running' ? messaging.publish(topic, data) : 0
    },
    request: messaging.request,
    peers: () => summaries(connections(), book.score, links.isGossiping),
    penalize: (peer, code) =>
      links.report(peer, (PENALTY as Readonly<Record<string, number>>)[code] ?? PENALTY_DEFAULT, code),
    onPeersChanged: links.onPeersChanged,
  }
}

function admissionOf(
  options: NetworkOptions,
  connections: () => readonly ConnectionView[],
  book: ScoreBook,
): Admission {
  return createAdmission(
    {
      inboundMax: options.inboundMax ?? INBOUND_MAX,
      outboundMax: options.outboundMax ?? OUTBOUND_MAX,
      inboundPerIpMax: options.inboundPerIpMax ?? INBOUND_PER_IP_MAX,
      reservedPeers: options.reservedPeers ?? [],
      localNetwork: options.localNetwork,
    },
    { connections, isRefused: book.isRefused },
  )
}

type Report = (peer: PeerId, cost: number, code: string) => void

/** Who is connected: reconnecting, watching, scoring. */
interface Links {
  readonly report: Report
  readonly isGossiping: (peer: PeerId) => boolean
  onPeersChanged(listener: () => void): () => void
  start(): void
  stop(): void
}

function createLinks(
  options: NetworkOptions,
  deps: NetworkDeps,
  own: { readonly libp2p: Libp2pView; readonly book: ScoreBook; readonly admission: Admission },
): Links {
  const { libp2p, book, admission } = own
  const listeners = new Set<() => void>()
  const ownPeerId = libp2p.peerId.toString()
  const connections = (): readonly ConnectionView[] => libp2p.getConnections()
  const isConnected = (peer: PeerId): boolean => connectionTo(connections(), peer) !== undefined
  const { pubsub } = libp2p.services
  const watch = createConnectionWatch({ ...deps, ownPeerId, pubsub, connections, excess: admission.excess })
  const peering = createPeering(options, {
    ...deps,
    ownPeerId,
    isConnected,
    isRefused: book.isRefused,
    dial: (address) => dial(libp2p, address, deps),
  })

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
  return {
    isGossiping: watch.isGossiping,
    report(peer, cost, code) {
      const action = book.report(peer, cost)
      deps.metrics.count('network_penalties_total', { code })
      if (action === 'keep') return
      deps.log.warn('peer disconnected for misbehaviour', { peer, code, action })
      watch.disconnect(peer, action)
    },
    onPeersChanged(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    start() {
      watch.start()
      peering.start()
    },
    stop() {
      peering.stop()
      watch.stop()
    },
  }
}

/** What is said: topics and requests. */
interface Messaging extends Pick<Network, 'publish' | 'request'> {
  readonly topicHandlers: Map<Topic, TopicHandler>
  readonly requestHandlers: Map<RequestProtocol, RequestHandler>
  serveRequests(): Promise<void>
  /** `isRunning`: gossipsub forgets its ids when it stops, and delivers what is still under way. */
  subscribe(isRunning: () => boolean): void
}

function createMessaging(
  { genesisHash }: NetworkOptions,
  deps: NetworkDeps,
  { libp2p, report }: { readonly libp2p: Libp2pView; readonly report: Report },
): Messaging {
  const topicHandlers = new Map<Topic, TopicHandler>()
  const requestHandlers = new Map<RequestProtocol, RequestHandler>()
  const { pubsub } = libp2p.services
  const envelopes = createGossipEnvelopes(deps)
  const judge = createGossipJudge({ ...deps, handlers: topicHandlers, report })
  const server = createRequestServer({ ...deps, report })
  const client = createRequestClient({
    ...deps,
    report,
    protocolName: (protocol) => requestProtocolName(genesisHash, protocol),
    connectionTo: (peer) => connectionTo(libp2p.getConnections(), peer),
  })
  return {
    topicHandlers,
    requestHandlers,
    request: client.request,
    async serveRequests() {
      for (const [protocol, handler] of requestHandlers) {
        await libp2p.handle(
          requestProtocolName(genesisHash, protocol),
          (stream, connection) => void server.serve(protocol, handler, stream, connection),
          { maxInboundStreams: REQUEST_STREAMS_MAX, maxOutboundStreams: REQUEST_STREAMS_MAX },
        )
      }
    },
    subscribe(isRunning) {
      for (const topic of topicHandlers.keys()) {
        const name = topicName(genesisHash, topic)
        pubsub.topicValidators.set(name, async (from, message) =>
          isRunning() ? judge(topic, message.data, from.toString()) : 'ignore',
        )
        pubsub.subscribe(name)
      }
    },
    async publish(topic, data) {
      const { recipients } = await pubsub.publish(topicName(genesisHash, topic), envelopes.seal(topic, data))
      deps.metrics.count('network_gossip_published_total', { topic })
      return recipients.length
    },
  }
}

function sizeError(topic: Topic, sizeBytes: number): CodedError {
  return new CodedError('MESSAGE_SIZE', 'a gossiped message must fit its topic', { data: { topic, sizeBytes } })
}
