/**
 * The network of a tab, inside its dedicated worker: WebRTC-direct and WebSocket to servers. A tab cannot listen.
 * libp2p is imported after the RTC shim is in place.
 */
import { sha256 } from '@cairn/crypto'
import type { NetworkDeps, NetworkOptions, TransportFactory } from '@cairn/network'
import type { Network } from '@cairn/ports'
import { bytesFromHex } from '@cairn/primitives'
import { installRtcShim } from './rtc-shim.ts'

export type BrowserNetworkOptions = Omit<NetworkOptions, 'listen' | 'announce'>

export interface BrowserNetworkDeps extends Pick<NetworkDeps, 'clock' | 'timers' | 'random' | 'log' | 'metrics'> {
  /** Leads to `startRtcHost` in the window; absent: WebSocket only. One network per port. */
  readonly rtcPort?: MessagePort
}

/** A dial in a busy tab succeeds soon or not at all; then the next attempt follows. */
const ADDRESS_DIAL_TIMEOUT_MS = 2_500

/** A stopped network. @throws CodedError `IDENTITY_INVALID`, `PEER_ADDRESS_INVALID` */
export async function createBrowserNetwork(options: BrowserNetworkOptions, deps: BrowserNetworkDeps): Promise<Network> {
  const { rtcPort, ...rest } = deps
  if (rtcPort !== undefined) installRtcShim(rtcPort)
  const [{ createNetwork }, { webSockets }, { webRTCDirect }] = await Promise.all([
    import('@cairn/network'),
    import('@libp2p/websockets'),
    import('@libp2p/webrtc'),
  ])
  const transports = [webSockets() as TransportFactory]
  // No ICE servers: a WebRTC-direct address says all there is to know.
  if (rtcPort !== undefined) transports.push(webRTCDirect({ rtcConfiguration: { iceServers: [] } }) as TransportFactory)
  return createNetwork(
    { addressDialTimeoutMs: ADDRESS_DIAL_TIMEOUT_MS, ...options, listen: [] },
    { ...rest, sha256: (bytes) => bytesFromHex(sha256(bytes)), transports },
  )
}
