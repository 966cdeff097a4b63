/**
 * WebRTC-direct as servers listen to it: `@libp2p/webrtc` with UDP sockets that outlive their node.
 *
 * libdatachannel 0.24 does not set the flag by which `IceUdpMuxListener::stop()` knows that it has stopped already. Where the
 * memory it lies in held anything but 0, `stop()` does nothing, the object is freed all the same, and the next STUN request
 * that comes to the port, from anybody, is handed to freed memory: the process dies, or worse. Nothing here can see or set
 * that flag, so no listener is ever stopped. A node that stops parks its socket, which ignores what comes to it, and the next
 * node that listens there takes it again. Parked sockets keep a process alive: it ends by `process.exit()`.
 *
 * libjuice also cannot listen on port 0, and `@libp2p/webrtc` asks for a free port of TCP in its place. A free one of UDP is
 * asked for here, and another where somebody was quicker.
 */
import { createSocket } from 'node:dgram'
import type { TransportFactory } from '@cairn/network'

/** How often port 0 may find a port that is then taken. */
const PORT_ATTEMPTS = 8
/** RFC 8445: an ICE credential. The ufrag is the password too, and libjuice aborts the process at any other. */
const ICE_CREDENTIAL = /^[a-zA-Z0-9+/]{22,256}$/u

type OnRequest = (ufrag: string, remoteHost: string, remotePort: number) => void

interface MuxSocket {
  readonly host: string
  readonly port: number
  /** `undefined`: parked. */
  onRequest: OnRequest | undefined
}

/** Of `node-datachannel`. */
interface NativeListener {
  onUnhandledStunRequest(
    callback: (request: { readonly ufrag?: string; readonly host: string; readonly port: number }) => void,
  ): void
}
type NativeListenerConstructor = new (port: number, host: string) => NativeListener

interface StunServer {
  close(): Promise<void>
  address(): { readonly address: string; readonly family: 'IPv4' | 'IPv6'; readonly port: number }
}

/** What of `@libp2p/webrtc`'s listener is replaced, and what that needs of it. */
interface ListenerView {
  startUDPMuxServer(host: string, port: number, family: 4 | 6): object
  incomingConnection(ufrag: string, remoteHost: string, remotePort: number, signal: AbortSignal): Promise<void>
  readonly shutdownController: AbortController
  readonly components: {
    readonly peerId: unknown
    readonly upgrader: { createInboundAbortSignal(signal: AbortSignal): AbortSignal & { clear(): void } }
  }
  readonly log: { error(text: string, ...values: readonly unknown[]): void }
}
interface TransportView {
  createListener(options: unknown): ListenerView
}

/** Of this process, as libjuice's are; none is ever removed. */
const sockets: MuxSocket[] = []
/** Held for good: garbage collection would stop them. */
const natives: NativeListener[] = []

/** Loads a native add-on of some megabytes. */
export async function webRtcDirect(): Promise<TransportFactory> {
  const [{ webRTCDirect }, { IceUdpMuxListener }] = await Promise.all([
    import('@libp2p/webrtc'),
    import('node-datachannel'),
  ])
  const create = webRTCDirect({ rtcConfiguration: { iceServers: [] } }) as TransportFactory
  return (components) => {
    const transport = create(components) as TransportView
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => withLastingSocket(createListener(options), IceUdpMuxListener)
    return transport
  }
}

function withLastingSocket(listener: ListenerView, Native: NativeListenerConstructor): ListenerView {
  const { components, shutdownController, log } = listener
  const onRequest: OnRequest = (ufrag, remoteHost, remotePort) => {
    const signal = components.upgrader.createInboundAbortSignal(shutdownController.signal)
    listener
      .incomingConnection(ufrag, remoteHost, remotePort, signal)
      .catch((error: unknown) => log.error('error processing incoming STUN request - %e', error))
      .finally(() => signal.clear())
  }
  listener.startUDPMuxServer = (host, port, family) => ({
    peerId: components.peerId,
    owner: listener,
    port,
    isIPv4: family === 4,
    isIPv6: family === 6,
    server: takeSocket(Native, host, port, onRequest).then((socket) => stunServer(socket, family)),
  })
  return listener
}

function stunServer(socket: MuxSocket, family: 4 | 6): StunServer {
  return {
    close: () => {
      socket.onRequest = undefined
      return Promise.resolve()
    },
    address: () => ({ address: socket.host, family: family === 4 ? 'IPv4' : 'IPv6', port: socket.port }),
  }
}

/** `port` 0: any. @throws Error when the port is taken */
async function takeSocket(
  Native: NativeListenerConstructor,
  host: string,
  port: number,
  onRequest: OnRequest,
): Promise<MuxSocket> {
  const parked = sockets.find(
    (socket) => socket.onRequest === undefined && socket.host === host && (port === 0 || socket.port === port),
  )
  if (parked !== undefined) {
    parked.onRequest = onRequest
    return parked
  }
  for (let attempt = 1; ; attempt++) {
    const own = port === 0 ? await freePort(host) : port
    try {
      return openSocket(Native, host, own, onRequest)
    } catch (error) {
      if (port !== 0 || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

function openSocket(Native: NativeListenerConstructor, host: string, port: number, onRequest: OnRequest): MuxSocket {
  const native = new Native(port, host)
  const socket: MuxSocket = { host, port, onRequest }
  native.onUnhandledStunRequest(({ ufrag, host: remoteHost, port: remotePort }) => {
    if (ufrag !== undefined && ICE_CREDENTIAL.test(ufrag)) socket.onRequest?.(ufrag, remoteHost, remotePort)
  })
  natives.push(native)
  sockets.push(socket)
  return socket
}

function freePort(host: string): Promise<number> {
  const probe = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  return new Promise((resolve, reject) => {
    probe.once('error', reject)
    probe.bind({ address: host, port: 0, exclusive: true }, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
