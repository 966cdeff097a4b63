/** The port `Network` on libp2p 3 and gossipsub, with the platform's transports handed in. */
import { CodedError, assert } from '@cairn/primitives'
import type { Network, RequestHandler, RequestProtocol, Topic, TopicHandler } from '@cairn/ports'
import { createAdmission } from './admission.ts'
import type { Admission } from './admission.ts'
import { createGossipEnvelopes } from './gossip-envelope.ts'
import { decodeGoodbye } from './goodbye.ts'
import { createGossipJudge } from './gossip-judge.ts'
import { connectionTo, createNode, startListening, summaries } from './libp2p-node.ts'
import type { ConnectionView, Libp2pView } from './libp2p-view.ts'
import {
  INBOUND_MAX,
  INBOUND_PER_IP_MAX,
  INBOUND_PER_PREFIX_MAX,
  OUTBOUND_MAX,
  PENALTY,
  PENALTY_DEFAULT,
  PROBATION_MS,
  REQUEST_STREAMS_MAX,
  STOP_MAX_MS,
  TOPIC_SIZE_MAX_BYTES,
} from './limits.ts'
import { type Links, type Report, createLinks } from './links.ts'
import type { NetworkDeps, NetworkOptions } from './network-options.ts'
import type { PeerLink } from './peering.ts'
import { decodePeersRequest, encodePeersResponse } from './peer-exchange.ts'
import { createRequestClient } from './request-client.ts'
import { createRequestServer } from './request-server.ts'
import { createScoreBook } from './score-book.ts'
import type { ScoreBook } from './score-book.ts'
import { requestProtocolName, topicName } from './topics.ts'

/** The port, and what only a platform knows. */
export interface WakeableNetwork extends Network {
  /** After a sleep or a change of networks: dials at once what is missing, closes what does not answer. */
  wake(): void
  /** How it stands with each configured peer. */
  links(): readonly PeerLink[]
  /** Called when `links` says something else; returns the unsubscribe function. */
  onLinksChanged(listener: () => void): () => void
  /** This node has become one for which slots may be reserved: peers that had no place for it are asked again. */
  knock(): void
}

/** A stopped network. @throws CodedError `IDENTITY_INVALID`, `PEER_ADDRESS_INVALID` */
export async function createNetwork(options: NetworkOptions, deps: NetworkDeps): Promise<WakeableNetwork> {
  const book = createScoreBook(deps)
  // The gater asks about connections before libp2p exists.
  let connections = (): readonly ConnectionView[] => []
  const admission = admissionOf(options, deps, () => connections(), book)
  const libp2p = await createNode(options, deps, { gater: admission.gater, appScore: book.score })
  connections = () => libp2p.getConnections()
  const report: Report = (peer, cost, code) => links.report(peer, cost, code)
  const messaging = createMessaging(options, deps, { libp2p, report })
  const links: Links = createLinks(options, deps, { libp2p, book, admission, request: messaging.request })
  messaging.requestHandlers.set('peers', answerPeers(libp2p, links))
  messaging.requestHandlers.set('goodbye', hearGoodbye(links))
  // `starting`: incoming connections are possible, gossip does not run yet.
  let state = 'new' as 'new' | 'starting' | 'running' | 'stopped'
  const isRunning = (): boolean => state === 'running'

  return {
    peerId: libp2p.peerId.toString(),
    addresses: () => libp2p.getMultiaddrs().map((address) => address.toString()),
    onTopic(topic, handler) {
      const isNew = !messaging.topicHandlers.has(topic)
      messaging.topicHandlers.set(topic, handler)
      if (state === 'running' && isNew) messaging.subscribe(topic, isRunning)
    },
    onRequest(protocol, handler) {
      const isNew = !messaging.requestHandlers.has(protocol)
      messaging.requestHandlers.set(protocol, handler)
      if ((state === 'starting' || state === 'running') && isNew) void messaging.serve(protocol)
    },
    async start() {
      assert(state === 'new', 'a network starts once')
      state = 'starting'
      await links.load()
      for (const protocol of messaging.requestHandlers.keys()) await messaging.serve(protocol)
      await startListening(libp2p)
      for (const topic of messaging.topicHandlers.keys()) messaging.subscribe(topic, isRunning)
      state = 'running'
      links.start()
    },
    async stop() {
      if (state !== 'starting' && state !== 'running') return
      state = 'stopped'
      await links.stop()
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
    reserve: admission.reserve,
    onPeersChanged: links.onPeersChanged,
    wake: links.wake,
    links: links.peering.links,
    onLinksChanged: links.onLinksChanged,
    knock: links.peering.knock,
  }
}

/** Notes how the asker can be reached, and names others; ourselves too, since the asker may know one address only. */
function answerPeers(libp2p: Libp2pView, { directory, ownAddresses }: Links): RequestHandler {
  return async (data, from) => {
    const request = decodePeersRequest(data)
    if (!request.ok) return { refused: request.code }
    directory.told(from, request.value)
    const self = { peer: libp2p.peerId.toString(), addresses: ownAddresses() }
    return encodePeersResponse([...(self.addresses.length > 0 ? [self] : []), ...directory.listFor(from)])
  }
}

/** It concerns nobody but its sender. */
function hearGoodbye(links: Links): RequestHandler {
  return async (data, from) => {
    const goodbye = decodeGoodbye(data)
    if (!goodbye.ok) return { refused: goodbye.code }
    links.onGoodbye(from, goodbye.value)
    return new Uint8Array(0)
  }
}

function admissionOf(
  options: NetworkOptions,
  deps: NetworkDeps,
  connections: () => readonly ConnectionView[],
  book: ScoreBook,
): Admission {
  return createAdmission(
    {
      inboundMax: options.inboundMax ?? INBOUND_MAX,
      outboundMax: options.outboundMax ?? OUTBOUND_MAX,
      inboundPerIpMax: options.inboundPerIpMax ?? INBOUND_PER_IP_MAX,
      inboundPerPrefixMax: options.inboundPerPrefixMax ?? INBOUND_PER_PREFIX_MAX,
      probationMs: options.probationMs ?? PROBATION_MS,
      localNetwork: options.localNetwork,
    },
    { ...deps, connections, isRefused: book.isRefused },
  )
}

/** What is said: topics and requests. */
interface Messaging extends Pick<Network, 'publish' | 'request'> {
  readonly topicHandlers: Map<Topic, TopicHandler>
  readonly requestHandlers: Map<RequestProtocol, RequestHandler>
  /** Once for each protocol that has a handler. */
  serve(protocol: RequestProtocol): Promise<void>
  /** Once for each topic that has a handler. `isRunning`: gossipsub forgets its ids when it stops, and delivers what is still under way. */
  subscribe(topic: Topic, isRunning: () => boolean): void
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
    async serve(protocol) {
      await libp2p.handle(
        requestProtocolName(genesisHash, protocol),
        (stream, connection) => {
          const handler = requestHandlers.get(protocol)
          if (handler !== undefined) void server.serve(protocol, handler, stream, connection)
        },
        {
          maxInboundStreams: REQUEST_STREAMS_MAX,
          maxOutboundStreams: REQUEST_STREAMS_MAX,
          // A peer whose upgrade to WebRTC fails is served over the relay.
          runOnLimitedConnection: true,
        },
      )
    },
    subscribe(topic, isRunning) {
      const name = topicName(genesisHash, topic)
      pubsub.topicValidators.set(name, async (from, message) =>
        isRunning() ? judge(topic, message.data, from.toString()) : 'ignore',
      )
      pubsub.subscribe(name)
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
