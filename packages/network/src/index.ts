/** @module Layer 4: the port `Network` on libp2p with injected transports. */
export type { DialCode, DialOutcome } from './dial-race.ts'
export type { GoodbyeCode } from './goodbye.ts'
export { generateIdentity, peerIdFromIdentity } from './identity.ts'
export {
  RELAYED_DURATION_MAX_MS,
  RELAYED_MAX_BYTES,
  RELAY_RESERVATIONS_MAX,
  RELAY_RESERVATION_TTL_MS,
  RELAY_STREAMS_MAX,
  TOPIC_SIZE_MAX_BYTES,
} from './limits.ts'
export type { ServiceFactory, TransportFactory } from './libp2p-view.ts'
export { createNetwork } from './network.ts'
export type { WakeableNetwork } from './network.ts'
export type { DiscoveryOptions, NetworkDeps, NetworkOptions } from './network-options.ts'
export type { PeerLink } from './peering.ts'
export type { PeerMemory } from './peer-memory.ts'
