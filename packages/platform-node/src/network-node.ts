/**
 * The network of a server: QUIC first, TCP and WebSocket beside it, WebRTC-direct for tabs. Ports are local choices;
 * 0 takes a free one. With a data path the WebRTC certificate survives restarts, and with it the tabs' addresses; so do
 * the peers that were good and the bans. A server that tabs can dial is also their relay (circuit relay v2): they
 * signal WebRTC among themselves through it.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  RELAYED_DURATION_MAX_MS,
  RELAYED_MAX_BYTES,
  RELAY_RESERVATIONS_MAX,
  RELAY_RESERVATION_TTL_MS,
  RELAY_STREAMS_MAX,
  createNetwork,
} from '@cairn/network'
import type { NetworkDeps, NetworkOptions, PeerMemory, ServiceFactory, TransportFactory } from '@cairn/network'
import type { Network } from '@cairn/ports'
import { quic } from '@chainsafe/libp2p-quic'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { keychain } from '@libp2p/keychain'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { LevelDatastore } from 'datastore-level'
import { Key } from 'interface-datastore'
import { webRtcDirect } from './webrtc-direct.ts'

/** An absent port: that transport does not listen (QUIC, TCP and WebSocket can still be dialed). */
export interface NodeListenOptions {
  /** IPv4 or IPv6 address of the interface; `127.0.0.1` when absent. */
  readonly host?: string
  readonly quicPort?: number
  readonly tcpPort?: number
  readonly wsPort?: number
  readonly webrtcDirectPort?: number
}

export interface NodeNetworkOptions extends Omit<NetworkOptions, 'listen'> {
  readonly listen: NodeListenOptions
  /** Folder of this node; the WebRTC certificate is kept in `libp2p/` below it. Absent: nothing is kept. */
  readonly dataPath?: string
}

/** Clock, timers, randomness, log and metrics. */
export type NodeNetworkDeps = Pick<NetworkDeps, 'clock' | 'timers' | 'random' | 'log' | 'metrics'>

/** A stopped network. @throws CodedError `IDENTITY_INVALID`, `PEER_ADDRESS_INVALID`; Error when the data folder is in use */
export async function createNodeNetwork(options: NodeNetworkOptions, deps: NodeNetworkDeps): Promise<Network> {
  const { listen, dataPath, ...rest } = options
  const webrtc = listen.webrtcDirectPort !== undefined
  const datastore = dataPath === undefined ? undefined : new LevelDatastore(join(dataPath, 'libp2p'))
  await datastore?.open()
  const network = await createNetwork(
    { ...rest, listen: listenAddresses(listen) },
    {
      ...deps,
      sha256: (bytes) => createHash('sha256').update(bytes).digest(),
      transports: await transports(webrtc),
      services: services(listen, datastore !== undefined),
      ...(datastore === undefined ? {} : { datastore, memory: createPeerMemory(datastore) }),
    },
  )
  if (datastore === undefined) return network
  return {
    ...network,
    async stop() {
      await network.stop()
      await datastore.close()
    },
  }
}

function services(listen: NodeListenOptions, isKept: boolean): Record<string, ServiceFactory> {
  const isForTabs = listen.wsPort !== undefined || listen.webrtcDirectPort !== undefined
  return {
    // The keychain guards the certificate's key with the folder's own permissions: it gets no passphrase.
    ...(isKept ? { keychain: keychain() } : {}),
    ...(isForTabs ? { relay: circuitRelayServer(RELAY_OPTIONS) } : {}),
  }
}

function createPeerMemory(datastore: LevelDatastore): PeerMemory {
  const key = new Key('/cairn/peers')
  return {
    load: async () => ((await datastore.has(key)) ? datastore.get(key) : undefined),
    save: async (record) => void (await datastore.put(key, record)),
  }
}

function listenAddresses(listen: NodeListenOptions): string[] {
  const host = listen.host ?? '127.0.0.1'
  const base = `/${host.includes(':') ? 'ip6' : 'ip4'}/${host}`
  const addresses: string[] = []
  if (listen.quicPort !== undefined) addresses.push(`${base}/udp/${listen.quicPort}/quic-v1`)
  if (listen.tcpPort !== undefined) addresses.push(`${base}/tcp/${listen.tcpPort}`)
  if (listen.wsPort !== undefined) addresses.push(`${base}/tcp/${listen.wsPort}/ws`)
  if (listen.webrtcDirectPort !== undefined) addresses.push(`${base}/udp/${listen.webrtcDirectPort}/webrtc-direct`)
  return addresses
}

async function transports(webrtc: boolean): Promise<TransportFactory[]> {
  const list = [quic(QUIC_OPTIONS) as TransportFactory, tcp() as TransportFactory, webSockets() as TransportFactory]
  // Only nodes that serve tabs load it.
  if (webrtc) list.push(await webRtcDirect())
  return list
}

const QUIC_OPTIONS = {
  // At the default of 256 the next stream hangs and ignores its signal.
  maxConcurrentStreamLimit: 1024,
  // A killed peer is noticed within this; the defaults need 15 s. It holds for the first answer to a dial too, so it is
  // longer than a round trip of 2 s each way, with a loss.
  maxIdleTimeout: 7_000,
  keepAliveInterval: 1_000,
  // Two such round trips, with losses.
  handshakeTimeout: 14_000,
}

/** The defaults (15 reservations, 128 KiB) are for signalling between strangers. */
const RELAY_OPTIONS = {
  maxInboundHopStreams: RELAY_STREAMS_MAX,
  maxOutboundHopStreams: RELAY_STREAMS_MAX,
  maxOutboundStopStreams: RELAY_STREAMS_MAX,
  reservations: {
    maxReservations: RELAY_RESERVATIONS_MAX,
    reservationTtl: RELAY_RESERVATION_TTL_MS,
    defaultDurationLimit: RELAYED_DURATION_MAX_MS,
    defaultDataLimit: BigInt(RELAYED_MAX_BYTES),
  },
}
