import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { SOCKET_BACKLOG_MAX_BYTES } from '../src/http-limits.ts'
import { serveWebSocket } from '../src/ws-connection.ts'
import { TRANSACTION_HASH, createRpcFixture } from './rpc-fixture.ts'
import { silentLog } from './silent-log.ts'

/** The part of a socket that the server touches; its reader never reads. */
class StuckSocket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  readonly sent: string[] = []
  send(text: string): void {
    this.sent.push(text)
    this.bufferedAmount += text.length
  }
  ping(): void {}
  close(): void {
    this.readyState = 2
  }
  terminate(): void {
    this.readyState = 3
    this.emit('close')
  }
}

describe('WebSocket connection', () => {
  it('drops a reader that does not keep up', async () => {
    const { rpc, announce, listenerCount } = createRpcFixture()
    const socket = new StuckSocket()
    serveWebSocket(socket as unknown as WebSocket, { rpc, log: silentLog })
    socket.emit(
      'message',
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newPendingTransactions"]}'),
    )
    await new Promise((resolve) => setImmediate(resolve))
    announce(TRANSACTION_HASH)
    expect(socket.sent).toHaveLength(2)
    socket.bufferedAmount = SOCKET_BACKLOG_MAX_BYTES + 1
    announce(TRANSACTION_HASH)
    expect(socket.readyState).toBe(3)
    expect(listenerCount()).toBe(0)
  })
})
