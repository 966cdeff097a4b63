/**
 * A UDP relay that can be cut: validators dial each other through one of these, so that a test can
 * partition real QUIC connections the way a network does, by silence.
 */
import { type Socket, createSocket } from 'node:dgram'

export interface UdpProxy {
  /** Port to dial on 127.0.0.1. */
  readonly port: number
  setTarget(port: number): void
  /** While false, datagrams vanish in both directions. */
  setConnected(connected: boolean): void
  close(): Promise<void>
}

/** Relays to the target on 127.0.0.1; each client gets a socket of its own so that answers find their way. */
export async function startUdpProxy(): Promise<UdpProxy> {
  const upstreams = new Map<number, Socket>()
  let connected = true
  let targetPort = 0
  const front = createSocket('udp4')
  front.on('message', (datagram, client) => {
    if (!connected || targetPort === 0) return
    let upstream = upstreams.get(client.port)
    if (upstream === undefined) {
      upstream = createSocket('udp4')
      upstream.on('message', (answer) => {
        if (connected) front.send(answer, client.port, client.address)
      })
      // A dead validator answers with ICMP «port unreachable»: loss, not a failure of the proxy.
      upstream.on('error', () => {})
      upstreams.set(client.port, upstream)
    }
    upstream.send(datagram, targetPort, '127.0.0.1')
  })
  front.on('error', () => {})
  await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve))
  return {
    port: front.address().port,
    setTarget: (port) => (targetPort = port),
    setConnected: (value) => (connected = value),
    close: async () => {
      const sockets = [front, ...upstreams.values()]
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
    },
  }
}
