/**
 * Ports that were free a moment ago. Validators must know each other's addresses before they start, so
 * the local network chooses the ports; the choice is kept in its directory and reused on restart.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** `count` distinct ports free for both UDP and TCP on loopback. */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const held: (() => Promise<void>)[] = []
  const ports: number[] = []
  try {
    while (ports.length < count) {
      const tcp = createServer()
      await new Promise<void>((resolve, reject) => {
        tcp.once('error', reject)
        tcp.listen(0, '127.0.0.1', resolve)
      })
      held.push(() => new Promise((resolve) => tcp.close(() => resolve())))
      const address = tcp.address()
      if (address === null || typeof address === 'string') continue
      const release = await bindUdp(address.port)
      if (release === undefined) continue
      held.push(release)
      ports.push(address.port)
    }
  } finally {
    await Promise.all(held.map((release) => release()))
  }
  return ports
}

async function bindUdp(port: number): Promise<(() => Promise<void>) | undefined> {
  const socket = createSocket('udp4')
  const bound = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(port, '127.0.0.1', () => resolve(true))
  })
  if (!bound) return undefined
  return () => new Promise((resolve) => socket.close(() => resolve()))
}
