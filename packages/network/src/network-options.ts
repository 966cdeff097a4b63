/** What a network is made of: choices of this node, and what the platform hands in. */
import type { Hash } from '@cairn/primitives'
import type { Clock, Log, Metrics, Random, Timers } from '@cairn/ports'
import type { ServiceFactory, TransportFactory } from './libp2p-view.ts'
import type { PeerMemory } from './peer-memory.ts'
import type { Sha256 } from './request-frame.ts'

export interface NetworkOptions {
  readonly genesisHash: Hash
  /** From `generateIdentity`; secret. */
  readonly identity: Uint8Array
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Multiaddrs to tell others instead of the listening ones. */
  readonly announce?: readonly string[]
  /** Multiaddrs ending in `/p2p/<peer id>`, kept connected; of several per peer the first to answer. */
  readonly peers: readonly string[]
  /** Of those that are kept connected at once, in their order; the others stand by. Default: all. */
  readonly peersMax?: number
  /** Absent: nobody but the configured peers is dialed. Every node says whom it knows. */
  readonly discovery?: DiscoveryOptions
  /** All nodes on one machine or LAN: no caps per address, private addresses are dialed. */
  readonly localNetwork: boolean
  readonly inboundMax?: number
  readonly outboundMax?: number
  readonly inboundPerIpMax?: number
  readonly inboundPerPrefixMax?: number
  /** How long one may stay beyond the limits before a slot is reserved for it. */
  readonly probationMs?: number
  /** Gossip heartbeat. */
  readonly heartbeatMs?: number
  /** One address of one dial. */
  readonly addressDialTimeoutMs?: number
  /** How far a peer's address is ahead of the next one in a dial. */
  readonly dialStaggerMs?: number
  /** Begins with the first address even where another one worked in an earlier life. */
  readonly isReachForgotten?: boolean
}

export interface DiscoveryOptions {
  /** Transports that this node can dial, as `PeerSummary.transport` names them. */
  readonly transports: readonly string[]
  /** Discovered peers to keep connected. */
  readonly target?: number
  /** Look-ups in the DHT too, while there are too few peers: `server` also answers others. */
  readonly dht?: 'server' | 'client'
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
  /** Anchors and bans survive a restart in it. */
  readonly memory?: PeerMemory
}
