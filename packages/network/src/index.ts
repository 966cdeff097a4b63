/** @module Layer 4: the port `Network` on libp2p with injected transports. */
export { generateIdentity, peerIdFromIdentity } from './identity.ts'
export { TOPIC_SIZE_MAX_BYTES } from './limits.ts'
export type { ServiceFactory, TransportFactory } from './libp2p-view.ts'
export { createNetwork } from './network.ts'
export type { NetworkDeps, NetworkOptions } from './network-options.ts'
