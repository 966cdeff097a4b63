import { request as httpRequest } from 'node:http'
import { once } from 'node:events'
import { height } from '@cairn/primitives'
import { WebSocket } from 'ws'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startHttpServer } from '../src/http-server.ts'
import type { HttpServer } from '../src/http-server.ts'
import { TRANSACTION_HASH, createRpcFixture } from './rpc-fixture.ts'
import type { RpcFixture } from './rpc-fixture.ts'
import { silentLog } from './silent-log.ts'

const CHAIN_ID = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'

describe('HTTP server', () => {
  let fixture: RpcFixture
  let server: HttpServer
  let url: string
  const status = { height: height(5), peers: [], syncing: false }

  beforeEach(async () => {
    fixture = createRpcFixture()
    server = await startHttpServer(
      { port: 0, allowedOrigins: ['https://wallet.example'], allowedHosts: ['node.example'] },
      { rpc: fixture.rpc, status: () => status, metricsText: async () => 'cairn_height 5\n', log: silentLog },
    )
    url = `http://127.0.0.1:${server.port}/`
  })
  afterEach(() => server.stop())

  const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })

  it('answers calls and batches, whatever the content type', async () => {
    const response = await post(CHAIN_ID)
    expect(response.headers.get('content-type')).toMatch('application/json')
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: '0x1092' })
    expect(await (await post(`[${CHAIN_ID}]`, { 'content-type': 'text/plain' })).json()).toHaveLength(1)
    expect((await post('{"jsonrpc":"2.0","method":"eth_chainId"}')).status).toBe(204)
    expect(await (await post('')).json()).toMatchObject({ error: { code: -32700 } })
    expect(await (await post('{"a":')).json()).toMatchObject({ error: { code: -32700 } })
    expect((await fetch(url)).status).toBe(405)
    expect((await fetch(`${url}nothing`)).status).toBe(404)
  })

  it('answers an oversized body with a JSON-RPC error and goes on', async () => {
    const response = await post('x'.repeat(20_000_000))
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { code: -32005, data: { limit: 'requestMaxBytes' } } })
    expect((await post(CHAIN_ID)).status).toBe(200)
  })

  it('lets in pages of known origins only', async () => {
    for (const origin of ['http://localhost:8080', 'http://127.0.0.1:8080', 'https://wallet.example']) {
      const response = await post(CHAIN_ID, { origin })
      expect(response.status).toBe(200)
      expect(response.headers.get('access-control-allow-origin')).toBe(origin)
    }
    const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: 'https://wallet.example' } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example']) {
      const response = await post(CHAIN_ID, { origin })
      expect(response.status).toBe(403)
      expect(await response.json()).toMatchObject({ error: { code: 4100 } })
    }
  })

  it('refuses names that point here by DNS rebinding', async () => {
    const statusFor = async (host: string): Promise<number | undefined> => {
      const request = httpRequest(url, { method: 'POST', headers: { host } }).end(CHAIN_ID)
      const [response] = await once(request, 'response')
      response.resume()
      return response.statusCode
    }
    expect(await statusFor('evil.example')).toBe(403)
    expect(await statusFor(`localhost:${server.port}`)).toBe(200)
    expect(await statusFor('node.example')).toBe(200)
    expect(await statusFor('[::1]:8545')).toBe(200)
    expect(await statusFor('192.168.1.7:8545')).toBe(200)
  })

  it('tells operators how it is', async () => {
    expect(await (await fetch(`${url}health`)).json()).toEqual({ status: 'ok' })
    expect((await fetch(`${url}ready`)).status).toBe(503)
    expect(await (await fetch(`${url}ready?minPeers=0`)).json()).toEqual({
      ready: true,
      reasons: [],
      height: 5,
      peers: 0,
      blocksBehind: 0,
    })
    expect(await (await fetch(`${url}metrics`)).text()).toBe('cairn_height 5\n')
  })

  it('names a port that is taken', async () => {
    const { rpc } = createRpcFixture()
    const second = startHttpServer({ port: server.port }, { rpc, status: () => status, log: silentLog })
    await expect(second).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(server.port)),
    })
  })

  it('serves calls and subscriptions over WebSocket on the same port', async () => {
    const socket = new WebSocket(url.replace('http', 'ws'))
    const messages = messageQueue(socket)
    await once(socket, 'open')
    socket.send(CHAIN_ID)
    expect(await messages.next()).toMatchObject({ id: 1, result: '0x1092' })
    socket.send('{"jsonrpc":"2.0","id":2,"method":"eth_subscribe","params":["newPendingTransactions"]}')
    const { result } = (await messages.next()) as { result: string }
    fixture.announce(TRANSACTION_HASH)
    expect(await messages.next()).toMatchObject({
      method: 'eth_subscription',
      params: { subscription: result, result: TRANSACTION_HASH },
    })
    socket.send('not json')
    expect(await messages.next()).toMatchObject({ error: { code: -32700 } })
    socket.close()
    await once(socket, 'close')
  })

  it('closes a WebSocket that sends too much, and refuses foreign pages', async () => {
    const socket = new WebSocket(url.replace('http', 'ws'))
    await once(socket, 'open')
    socket.send('x'.repeat(2_001))
    const [code] = await once(socket, 'close')
    expect(code).toBe(1009)
    const foreign = new WebSocket(url.replace('http', 'ws'), { origin: 'https://evil.example' })
    const [error] = await once(foreign, 'error')
    expect(error.message).toMatch('403')
    const elsewhere = new WebSocket(`${url.replace('http', 'ws')}nothing`)
    await once(elsewhere, 'error')
    expect((await post(CHAIN_ID)).status).toBe(200)
  })

  it('stops with connections open', async () => {
    const socket = new WebSocket(url.replace('http', 'ws'))
    await once(socket, 'open')
    const closed = once(socket, 'close')
    await post(CHAIN_ID)
    await server.stop()
    await closed
    expect(fixture.listenerCount()).toBe(0)
  })
})

/** Messages in order, each waited for. */
function messageQueue(socket: WebSocket): { next(): Promise<unknown> } {
  const waiting: ((message: unknown) => void)[] = []
  const arrived: unknown[] = []
  socket.on('message', (data) => {
    const message: unknown = JSON.parse((data as Buffer).toString('utf8'))
    const taker = waiting.shift()
    if (taker === undefined) arrived.push(message)
    else taker(message)
  })
  return {
    next: () =>
      arrived.length > 0 ? Promise.resolve(arrived.shift()) : new Promise((resolve) => waiting.push(resolve)),
  }
}
