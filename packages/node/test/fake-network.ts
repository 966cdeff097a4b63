/** A network of one node: what it publishes and asks is recorded, what peers send and answer is the test's. */
import type { Network, PeerId, RequestHandler, RequestProtocol, Topic, TopicHandler } from '@cairn/ports'
import { CodedError, type Verdict } from '@cairn/primitives'

/** The peer's answer; `undefined`: it cannot be reached. */
export type Answer = (peer: PeerId, protocol: RequestProtocol, data: Uint8Array) => Promise<Uint8Array | undefined>

export interface FakeNetwork extends Network {
  readonly published: readonly { readonly topic: Topic; readonly data: Uint8Array }[]
  readonly penalties: readonly { readonly peer: PeerId; readonly code: string }[]
  /** Peers that slots are reserved for. */
  readonly reserved: readonly PeerId[]
  readonly asked: readonly { readonly peer: PeerId; readonly protocol: RequestProtocol }[]
  /** A gossip message from a peer. */
  deliver(topic: Topic, data: Uint8Array, from?: PeerId): Promise<Verdict>
  /** A request from a peer. */
  serve(protocol: RequestProtocol, data: Uint8Array): Promise<Uint8Array | { readonly refused: string }>
  connect(...peers: readonly PeerId[]): void
  disconnect(peer: PeerId): void
  /** Publishing fails from now on. */
  breakPublishing(): void
}

export function createFakeNetwork(answer: Answer = async () => undefined): FakeNetwork {
  const published: { topic: Topic; data: Uint8Array }[] = []
  const penalties: { peer: PeerId; code: string }[] = []
  const reserved: PeerId[] = []
  const asked: { peer: PeerId; protocol: RequestProtocol }[] = []
  const topics = new Map<Topic, TopicHandler>()
  const protocols = new Map<RequestProtocol, RequestHandler>()
  const listeners = new Set<() => void>()
  let connected: readonly PeerId[] = []
  let isBroken = false
  const setConnected = (peers: readonly PeerId[]): void => {
    connected = peers
    for (const listener of listeners) listener()
  }
  return {
    peerId: 'self',
    addresses: () => [],
    start: async () => {},
    stop: async () => {},
    onTopic: (topic, handler) => void topics.set(topic, handler),
    onRequest: (protocol, handler) => void protocols.set(protocol, handler),
    publish: async (topic, data) => {
      if (isBroken) throw new CodedError('MESSAGE_SIZE', 'too large')
      published.push({ topic, data })
      return connected.length
    },
    request: async (peer, protocol, data) => {
      asked.push({ peer, protocol })
      const answered = connected.includes(peer) ? await answer(peer, protocol, data) : undefined
      if (answered === undefined) throw new CodedError('PEER_UNREACHABLE', `${peer} does not answer`)
      return answered
    },
    peers: () =>
      connected.map((peerId) => ({ peerId, direction: 'outbound', transport: 'fake', score: 0, gossiping: true })),
    reserve: (peers) => void reserved.splice(0, reserved.length, ...peers),
    penalize: (peer, code) => void penalties.push({ peer, code }),
    onPeersChanged: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    published,
    penalties,
    reserved,
    asked,
    deliver: async (topic, data, from = 'peer') => {
      const handler = topics.get(topic)
      if (handler === undefined) throw new Error(`nobody listens on ${topic}`)
      return handler(data, from)
    },
    serve: async (protocol, data) => {
      const handler = protocols.get(protocol)
      if (handler === undefined) throw new Error(`nobody answers ${protocol}`)
      return handler(data, 'peer')
    },
    connect: (...peers) => setConnected([...new Set([...connected, ...peers])]),
    disconnect: (peer) => setConnected(connected.filter((one) => one !== peer)),
    breakPublishing: () => void (isBroken = true),
  }
}
