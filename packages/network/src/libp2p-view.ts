/**
 * The part of libp2p 3 that this package uses, as plain structural types, and the only place with casts: libp2p's
 * own declarations need DOM types, miss several gossipsub methods, and change between versions.
 */
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { IDENTIFY_TIMEOUT_MS } from './limits.ts'

/** libp2p's peer id object; compare by its text. */
export interface PeerIdView {
  toString(): string
}

/** A byte list that may be in pieces. */
interface BytesView {
  subarray(): Uint8Array
}

export interface StreamView {
  readonly status: string
  readonly readableEnded: boolean
  /** False: wait for the next `drain` event (never for `onDrain()`, which resolves at once after the first drain). */
  send(data: Uint8Array): boolean
  /** Closes our direction; the other side must close its own. */
  close(options?: { readonly signal?: AbortSignal }): Promise<void>
  abort(error: Error): void
  addEventListener(type: StreamEvent, listener: (event: { readonly data?: BytesView }) => void): void
  removeEventListener(type: StreamEvent, listener: (event: { readonly data?: BytesView }) => void): void
}

type StreamEvent = 'message' | 'drain' | 'end' | 'close'

export interface ConnectionView {
  readonly id: string
  readonly remotePeer: PeerIdView
  readonly remoteAddr: { toString(): string }
  readonly direction: 'inbound' | 'outbound'
  readonly status: string
  readonly timeline: { readonly open: number }
  /** Set on relayed connections. */
  readonly limits?: object
  newStream(
    protocol: string,
    options?: { readonly signal?: AbortSignal; readonly runOnLimitedConnection?: boolean },
  ): Promise<StreamView>
  close(options?: { readonly signal?: AbortSignal }): Promise<void>
  abort(error: Error): void
}

/** Private members of gossipsub 17.1 that its typings miss. */
export interface PubsubView {
  readonly topicValidators: Map<string, (from: PeerIdView, message: { readonly data: Uint8Array }) => Promise<string>>
  readonly streamsOutbound: Map<string, { readonly rawStream: StreamView }>
  readonly streamsInbound: Map<string, { readonly rawStream: StreamView }>
  subscribe(topic: string): void
  publish(topic: string, data: Uint8Array): Promise<{ readonly recipients: readonly PeerIdView[] }>
  /** What the registrar calls on a new connection: adds the peer and opens the outbound stream if there is none. */
  onPeerConnected(peer: PeerIdView, connection: ConnectionView): void
  /** Opens it, if there is none. Never rejects. */
  createOutboundStream: (peer: PeerIdView, connection: ConnectionView) => Promise<void>
}

interface PingView {
  /** Round trip, milliseconds. Over any of the peer's connections. */
  ping(peer: PeerIdView, options: { readonly signal: AbortSignal }): Promise<number>
}

/** What is known of peers; the calls that write. */
export interface PeerStoreView {
  merge: PeerStoreWrite
  patch: PeerStoreWrite
  save: PeerStoreWrite
  delete: (peer: PeerIdView, options?: object) => Promise<void>
}

/** Resolves with the record. */
type PeerStoreWrite = (
  peer: PeerIdView,
  data: { readonly protocols?: readonly string[] },
  options?: object,
) => Promise<unknown>

export interface Libp2pView {
  readonly peerId: PeerIdView
  readonly peerStore: PeerStoreView
  /** `dht`: on servers that answer in it. */
  readonly services: { readonly pubsub: PubsubView; readonly ping: PingView; readonly dht?: DhtView }
  start(): Promise<void>
  stop(): Promise<void>
  getMultiaddrs(): readonly { toString(): string }[]
  getConnections(): readonly ConnectionView[]
  dial(address: unknown, options: { readonly signal: AbortSignal }): Promise<ConnectionView>
  handle(
    protocol: string,
    handler: (stream: StreamView, connection: ConnectionView) => void,
    options: {
      readonly maxInboundStreams: number
      readonly maxOutboundStreams: number
      readonly runOnLimitedConnection: boolean
    },
  ): Promise<void>
  addEventListener(
    type: 'connection:open' | 'connection:close',
    listener: (event: { readonly detail: ConnectionView }) => void,
  ): void
  /** Something of this node's own addresses has changed. */
  addEventListener(type: 'self:peer:update' | 'transport:listening' | 'transport:close', listener: () => void): void
}

/** Decisions at each step of a connection; true denies. */
export interface GaterView {
  denyDialMultiaddr?(): boolean
  denyDialPeer(peer: PeerIdView): boolean
  denyInboundEncryptedConnection(peer: PeerIdView, connection: { readonly remoteAddr: { toString(): string } }): boolean
  denyOutboundConnection(peer: PeerIdView): boolean
  /** As a relay: a place for `peer` … */
  denyInboundRelayReservation(peer: PeerIdView): boolean
  /** … and a connection from one to another. */
  denyOutboundRelayedConnection(from: PeerIdView, to: PeerIdView): boolean
  /** As the one dialed over a relay. */
  denyInboundRelayedConnection(relay: PeerIdView, peer: PeerIdView): boolean
}

/** A libp2p transport factory, such as `tcp()`; opaque here. */
export type TransportFactory = (components: never) => unknown
/** A libp2p service factory, such as `keychain()`; opaque here. */
export type ServiceFactory = (components: never) => unknown

export interface Libp2pInit {
  readonly privateKey: unknown
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly transports: readonly TransportFactory[]
  readonly services: Readonly<Record<string, ServiceFactory>>
  readonly datastore: unknown
  readonly gater: GaterView
  readonly pubsub: object
  readonly connectionManager: object
  readonly connectionMonitor: object
}

/** A stopped libp2p node with gossipsub, identify and ping. */
export async function createLibp2pNode(init: Libp2pInit): Promise<Libp2pView> {
  const options = {
    start: false,
    privateKey: init.privateKey,
    nodeInfo: { name: 'cairn', version: '0.1.0', userAgent: 'cairn/0.1.0' },
    addresses: {
      listen: [...init.listen],
      ...(init.announce.length > 0 ? { announce: [...init.announce] } : {}),
    },
    transports: [...init.transports],
    streamMuxers: [yamux()],
    connectionEncrypters: [noise()],
    connectionGater: init.gater,
    connectionManager: init.connectionManager,
    connectionMonitor: init.connectionMonitor,
    ...(init.datastore === undefined ? {} : { datastore: init.datastore }),
    services: {
      ...init.services,
      identify: identify({ timeout: IDENTIFY_TIMEOUT_MS }),
      ping: ping(),
      pubsub: gossipsub(init.pubsub),
    },
  }
  return (await createLibp2p(options as never)) as unknown as Libp2pView
}

/**
 * One address by its own transport, beside libp2p's queue of dials, which would join a second dial of the same peer to the first.
 * @throws Error as the transport does, or when the gater denies the address
 */
export async function dialTransport(libp2p: Libp2pView, address: string, signal: AbortSignal): Promise<ConnectionView> {
  const { components } = libp2p as unknown as {
    readonly components: {
      readonly transportManager: {
        dial(address: unknown, options: { readonly signal: AbortSignal }): Promise<ConnectionView>
      }
      readonly connectionGater: { denyDialMultiaddr?(address: unknown): Promise<boolean> | boolean }
    }
  }
  const parsed = parseMultiaddr(address)
  if ((await components.connectionGater.denyDialMultiaddr?.(parsed)) === true) throw new Error('denied by the gater')
  return components.transportManager.dial(parsed, { signal })
}

/** @throws Error when `text` is no multiaddr. */
export function parseMultiaddr(text: string): unknown {
  return multiaddr(text)
}

/** The part of `@libp2p/kad-dht` that is used. */
export interface DhtView {
  stop(): Promise<void>
  getClosestPeers(key: Uint8Array, options: { readonly signal: AbortSignal }): AsyncIterable<DhtEvent>
}

interface DhtEvent {
  readonly name: string
  readonly from?: PeerIdView
  readonly closer?: readonly { readonly id: PeerIdView; readonly multiaddrs: readonly { toString(): string }[] }[]
}

interface DhtService extends DhtView {
  start(): Promise<void>
  readonly routingTable: { add(peer: PeerIdView): Promise<void> }
}

export interface KadDhtOptions {
  readonly protocol: string
  readonly clientMode: boolean
  readonly localNetwork: boolean
}

/** Loads it. */
export async function kadDhtService({ protocol, clientMode, localNetwork }: KadDhtOptions): Promise<ServiceFactory> {
  const { kadDHT, passthroughMapper, removePrivateAddressesMapper } = await import('@libp2p/kad-dht')
  const peerInfoMapper = localNetwork ? passthroughMapper : removePrivateAddressesMapper
  return kadDHT({ protocol, clientMode, peerInfoMapper })
}

/** Starts it beside a running node; peers that are connected already are taken into its routing table. */
export async function startKadDht(libp2p: Libp2pView, options: KadDhtOptions): Promise<DhtView> {
  const { components, peerStore } = libp2p as unknown as {
    readonly components: never
    readonly peerStore: { get(peer: PeerIdView): Promise<{ readonly protocols: readonly string[] }> }
  }
  const dht = (await kadDhtService(options))(components) as DhtService
  await dht.start()
  for (const { remotePeer } of libp2p.getConnections()) {
    const known = await peerStore.get(remotePeer).catch(() => undefined)
    // One that answers our ping too late is found again by others.
    if (known?.protocols.includes(options.protocol) === true) await dht.routingTable.add(remotePeer).catch(() => {})
  }
  return dht
}
