/** A UDP relay in front of one port, which can be blocked: a network path under the test's control. */
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'

export interface UdpProxy {
  readonly port: number
  /** True: every datagram is lost, both ways. */
  blocked: boolean
  close(): Promise<void>
}

export async function startUdpProxy(targetPort: number): Promise<UdpProxy> {
  const front = await boundSocket()
  const backs = new Map<string, Promise<Socket>>()
  const proxy: UdpProxy = {
    port: front.address().port,
    blocked: false,
    async close() {
      front.close()
      for (const back of await Promise.all(backs.values())) back.close()
    },
  }

  async function backFor(client: { readonly address: string; readonly port: number }): Promise<Socket> {
    const back = await boundSocket()
    back.on('message', (data) => {
      if (!proxy.blocked) front.send(data, client.port, client.address)
    })
    return back
  }

  front.on('message', (data, client) => {
    if (proxy.blocked) return
    const key = `${client.address}:${client.port}`
    const back = backs.get(key) ?? backFor(client)
    backs.set(key, back)
    void back.then((socket) => socket.send(data, targetPort, '127.0.0.1'))
  })
  return proxy
}

function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket)))
}
