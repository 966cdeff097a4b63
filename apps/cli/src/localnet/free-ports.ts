/**
 * Ports that were free a moment ago. Validators must know each other's addresses before they start, so
 * the local network chooses the ports; the choice is kept in its directory and reused on restart.
 */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { CodedError } from '@cairn/primitives'

/** Below the range from which systems take ports for outgoing connections, which would take ours between two starts. */
const PORT_MIN = 20_000
const PORT_MAX = 32_000
const ATTEMPTS_MAX = 1_000

/** `count` distinct ports free for both UDP and TCP on loopback. @throws CodedError `NO_FREE_PORT` */
export async function findFreePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  for (let attempt = 0; ports.size < count; attempt++) {
    if (attempt === ATTEMPTS_MAX) throw new CodedError('NO_FREE_PORT', 'found no free ports for the local network')
    const port = randomInt(PORT_MIN, PORT_MAX)
    if ((await isTcpFree(port)) && (await isUdpFree(port))) ports.add(port)
  }
  return [...ports]
}

function isTcpFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function isUdpFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)))
  })
}
