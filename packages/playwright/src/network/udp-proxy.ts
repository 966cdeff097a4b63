/**
 * A UDP relay that can be cut, slowed and made to lose: validators dial each other through one of these, so that a
 * test can do to real QUIC connections what a network does. What it loses and how much it delays comes from a seed.
 */
import { type Socket, createSocket } from 'node:dgram'

/** `forward`: from the one who dialed. */
type Direction = 'forward' | 'backward'

/** What the link does to each datagram, in both directions. */
export interface LinkFault {
  /** Added to every datagram. */
  readonly delayMs: number
  /** Up to this much more, evenly distributed; datagrams overtake each other. */
  readonly jitterMs: number
  /** Share of datagrams that vanish, 0 to 1. */
  readonly lossRatio: number
  /** Share of datagrams that arrive twice; default 0. */
  readonly duplicateRatio?: number
}

export interface UdpProxy {
  /** Port to dial on 127.0.0.1. */
  readonly port: number
  setTarget(port: number): void
  /** While false, datagrams of this direction vanish. */
  setConnected(direction: Direction, connected: boolean): void
  /** `undefined`: none. */
  setFault(fault: LinkFault | undefined): void
  close(): Promise<void>
}

/** Relays to the target on 127.0.0.1; each client gets a socket of its own so that answers find their way. */
export async function startUdpProxy(random: () => number): Promise<UdpProxy> {
  const upstreams = new Map<number, Socket>()
  const delayed = new Set<NodeJS.Timeout>()
  const connected: Record<Direction, boolean> = { forward: true, backward: true }
  let fault: LinkFault | undefined
  let targetPort = 0
  let closed = false

  const pass = (direction: Direction, send: () => void): void => {
    if (!connected[direction] || closed) return
    if (fault === undefined) return send()
    if (random() < fault.lossRatio) return
    const copies = random() < (fault.duplicateRatio ?? 0) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const timer = setTimeout(
        () => {
          delayed.delete(timer)
          if (connected[direction]) send()
        },
        fault.delayMs + random() * fault.jitterMs,
      )
      delayed.add(timer)
    }
  }

  const front = createSocket('udp4')
  front.on('message', (datagram, client) => {
    if (targetPort === 0 || closed) return
    let upstream = upstreams.get(client.port)
    if (upstream === undefined) {
      upstream = createSocket('udp4')
      upstream.on('message', (answer) => pass('backward', () => front.send(answer, client.port, client.address)))
      // A dead validator answers with ICMP «port unreachable»: loss, not a failure of the proxy.
      upstream.on('error', () => {})
      upstreams.set(client.port, upstream)
    }
    const socket = upstream
    pass('forward', () => socket.send(datagram, targetPort, '127.0.0.1'))
  })
  front.on('error', () => {})
  await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve))
  return {
    port: front.address().port,
    setTarget: (port) => (targetPort = port),
    setConnected: (direction, value) => (connected[direction] = value),
    setFault: (value) => (fault = value),
    close: async () => {
      closed = true
      for (const timer of delayed) clearTimeout(timer)
      const sockets = [front, ...upstreams.values()]
      await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))))
    },
  }
}
