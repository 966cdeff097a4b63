/** One JSON-RPC WebSocket: text frames in both directions, a bounded backlog, pings. */
import type { Log } from '@cairn/ports'
import type { Rpc } from '@cairn/rpc'
import type { WebSocket } from 'ws'
import { SOCKET_BACKLOG_MAX_BYTES, SOCKET_PING_INTERVAL_MS } from './http-limits.ts'

/** RFC 6455 «try again later»: the reader is too slow. */
const CLOSE_TRY_AGAIN_LATER = 1013

/** Serves `socket` until it closes. */
export function serveWebSocket(socket: WebSocket, deps: { readonly rpc: Rpc; readonly log: Log }): void {
  const session = deps.rpc.openSession((text) => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > SOCKET_BACKLOG_MAX_BYTES) {
      deps.log.warn('dropped a slow websocket reader', { backlogBytes: socket.bufferedAmount })
      socket.close(CLOSE_TRY_AGAIN_LATER, 'slow reader')
      // The close frame waits behind the backlog that was not read: do not wait for it.
      socket.terminate()
      return
    }
    socket.send(text)
  })
  let alive = true
  const ping = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, SOCKET_PING_INTERVAL_MS)
  ping.unref()
  socket.on('pong', () => {
    alive = true
  })
  socket.on('message', (data) => void session.receive(textOf(data)))
  // Protocol errors (an oversized frame, bad UTF-8) close the socket by themselves.
  socket.on('error', (error) => deps.log.debug('websocket error', { error }))
  socket.on('close', () => {
    clearInterval(ping)
    session.close()
  })
}

/** A message arrives as one buffer or in pieces, whatever the peer chose. */
function textOf(data: Buffer | ArrayBuffer | readonly Buffer[]): string {
  if (data instanceof ArrayBuffer) return Buffer.from(data).toString('utf8')
  return (Buffer.isBuffer(data) ? data : Buffer.concat(data)).toString('utf8')
}
