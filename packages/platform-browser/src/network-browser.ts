/**
 * The network of a tab, inside its dedicated worker: WebRTC-direct and WebSocket to servers, WebRTC to other tabs. A
 * tab is reached over a relay, which any server is, and signals WebRTC there. libp2p is imported after the RTC shim is
 * in place.
 */
import { sha256 } from '@cairn/crypto'
import type { NetworkDeps, NetworkOptions, TransportFactory, WakeableNetwork } from '@cairn/network'
import { bytesFromHex } from '@cairn/primitives'
import { installRtcShim } from './rtc-shim.ts'

export interface BrowserNetworkOptions extends Omit<NetworkOptions, 'listen' | 'announce' | 'discovery'> {
  /** Whether other tabs are looked for and can find this one; needs `rtcPort`. */
  readonly isMeshed: boolean
  /** WebSocket before WebRTC-direct where a server has both: WebRTC takes some ten MiB in the window's process. */
  readonly prefersWebSocket?: boolean
  /** Discovered peers to keep connected. */
  readonly meshTarget?: number
  /** STUN servers, for tabs behind address translation. Default: none. */
  readonly iceServers?: readonly string[]
}

type PlatformDeps = Pick<NetworkDeps, 'clock' | 'timers' | 'random' | 'log' | 'metrics' | 'memory'>

export interface BrowserNetworkDeps extends PlatformDeps {
  /** Leads to `startRtcHost` in the window; absent: WebSocket only. One network per port. */
  readonly rtcPort?: MessagePort
}

/** A dial in a busy tab succeeds soon or not at all; then the next attempt follows. */
const ADDRESS_DIAL_TIMEOUT_MS = 2_500
/** From tab to tab: to the relay, over it, offer and answer, then ICE. */
const MESH_DIAL_TIMEOUT_MS = 6_000

/** Reservations that a tab asks for: it stays reachable when one relay goes. */
const RELAYS = 3

/** A tab has fewer connections than a server: each costs a peer connection of the page. */
const INBOUND_MAX = 24
const OUTBOUND_MAX = 24

/** A stopped network. @throws CodedError `IDENTITY_INVALID`, `PEER_ADDRESS_INVALID` */
export async function createBrowserNetwork(
  { isMeshed, prefersWebSocket = false, meshTarget, iceServers = [], ...options }: BrowserNetworkOptions,
  { rtcPort, ...deps }: BrowserNetworkDeps,
): Promise<WakeableNetwork> {
  const [{ createNetwork }, { webSockets }, { webRTC, webRTCDirect }, { circuitRelayTransport }] =
    await loadNetworkCode(rtcPort)
  const transports = [webSockets() as TransportFactory]
  // No ICE servers: a WebRTC-direct address says all there is to know.
  if (rtcPort !== undefined) transports.push(webRTCDirect({ rtcConfiguration: { iceServers: [] } }) as TransportFactory)
  const isInMesh = isMeshed && rtcPort !== undefined
  if (isInMesh) {
    const rtcConfiguration = { iceServers: iceServers.map((urls) => ({ urls })) }
    transports.push(circuitRelayTransport() as TransportFactory, webRTC({ rtcConfiguration }) as TransportFactory)
  }
  const addressDialTimeoutMs = isInMesh ? MESH_DIAL_TIMEOUT_MS : ADDRESS_DIAL_TIMEOUT_MS
  return createNetwork(
    {
      addressDialTimeoutMs,
      inboundMax: INBOUND_MAX,
      outboundMax: OUTBOUND_MAX,
      // WebRTC that is begun once stays in memory: not before WebSocket has failed.
      ...(prefersWebSocket ? { dialStaggerMs: addressDialTimeoutMs, isReachForgotten: true } : {}),
      ...options,
      listen: isInMesh ? ['/webrtc', ...Array.from({ length: RELAYS }, () => '/p2p-circuit')] : [],
      ...(isInMesh
        ? {
            discovery: {
              transports: prefersWebSocket ? DIALED.toSorted(webSocketFirst) : DIALED,
              ...(meshTarget === undefined ? {} : { target: meshTarget }),
              ...(options.localNetwork ? {} : { dht: 'client' }),
            },
          }
        : {}),
    },
    { ...deps, sha256: (bytes) => bytesFromHex(sha256(bytes)), transports },
  )
}

/**
 * Once for each worker: libp2p takes the WebRTC classes when its module is evaluated, so the shim must be there before.
 */
function loadNetworkCode(rtcPort: MessagePort | undefined) {
  if (rtcPort !== undefined && code === undefined) installRtcShim(rtcPort)
  code ??= importNetwork()
  return code
}

let code: ReturnType<typeof importNetwork> | undefined

function importNetwork() {
  return Promise.all([
    import('@cairn/network'),
    import('@libp2p/websockets'),
    import('@libp2p/webrtc'),
    import('@libp2p/circuit-relay-v2'),
  ])
}

/** What a tab dials, as `PeerSummary.transport` names it, the best first. */
const DIALED = ['webrtc-direct', 'wss', 'ws', 'webrtc']

const webSocketFirst = (a: string, b: string): number => Number(b.startsWith('ws')) - Number(a.startsWith('ws'))
