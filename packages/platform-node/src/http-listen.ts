/** Binding a Fastify server, with the one failure that users meet put into words. */
import type { AddressInfo } from 'node:net'
import { CodedError } from '@cairn/primitives'
import type { FastifyInstance } from 'fastify'
import { CLOSE_GRACE_MS } from './http-limits.ts'

/** The port, also where `port` is 0. @throws CodedError `PORT_IN_USE`, `PORT_NOT_BOUND` */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    await app.close()
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'UNKNOWN'
    if (reason === 'EADDRINUSE') {
      throw new CodedError('PORT_IN_USE', `port ${port} on ${host} is in use by another program`, {
        data: { host, port },
        cause,
      })
    }
    throw new CodedError('PORT_NOT_BOUND', `cannot listen on port ${port} of ${host} (${reason})`, {
      data: { host, port },
      cause,
    })
  }
  return (app.server.address() as AddressInfo).port
}

/** Takes no new requests, lets those under way finish for a while, then cuts the rest; `cut` ends what left HTTP. */
export async function closeGracefully(app: FastifyInstance, cut: () => void = () => {}): Promise<void> {
  const timer = setTimeout(() => {
    app.server.closeAllConnections()
    cut()
  }, CLOSE_GRACE_MS)
  try {
    await app.close()
  } finally {
    clearTimeout(timer)
  }
}
