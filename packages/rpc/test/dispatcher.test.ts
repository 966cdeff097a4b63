import { describe, expect, it } from 'vitest'
import { createMemoryBackend, createTestRpc } from './memory-backend.ts'

const request = (id: unknown, method: unknown, params?: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params })

describe('JSON-RPC dispatcher', () => {
  const { rpc, errors, counted } = createTestRpc(createMemoryBackend())
  const ask = async (text: string): Promise<unknown> => {
    const response = await rpc.handle(text)
    return response === undefined ? undefined : JSON.parse(response)
  }

  it('answers a call and keeps its id as it is', async () => {
    expect(await ask(request('a-1', 'eth_chainId'))).toEqual({ jsonrpc: '2.0', id: 'a-1', result: '0x1092' })
    expect(await ask(request(null, 'net_version'))).toEqual({ jsonrpc: '2.0', id: null, result: '4242' })
    expect(counted.at(-1)).toBe('rpc_requests_total {"method":"net_version","code":"ok"}')
  })

  it.each([
    ['', -32700, null],
    ['{', -32700, null],
    ['{"jsonrpc":"2.0","id":1,"method":', -32700, null],
    ['1', -32600, null],
    ['null', -32600, null],
    ['"eth_chainId"', -32600, null],
    ['{}', -32600, null],
    ['[]', -32600, null],
    ['{"id":5,"method":"eth_chainId"}', -32600, 5],
    ['{"jsonrpc":"1.0","id":5,"method":"eth_chainId"}', -32006, 5],
    [request(1, 7), -32600, 1],
    [request({ deep: 1 }, 'eth_chainId'), -32600, null],
    [request(1, 'eth_unknown'), -32601, 1],
    [request(1, '__proto__'), -32601, 1],
    [request(1, 'constructor'), -32601, 1],
    [request(1, 'eth_getBalance', { address: '0x' }), -32602, 1],
    [request(1, 'eth_getBalance', 'x'), -32602, 1],
    [request(1, 'eth_chainId', ['extra']), -32602, 1],
  ])('refuses %s with %d', async (text, code, id) => {
    expect(await ask(text)).toMatchObject({ jsonrpc: '2.0', id, error: { code, message: expect.any(String) } })
  })

  it('says nothing to a notification, also when it fails', async () => {
    expect(await ask('{"jsonrpc":"2.0","method":"eth_chainId"}')).toBeUndefined()
    expect(await ask('{"jsonrpc":"2.0","method":"eth_nothing"}')).toBeUndefined()
    expect(await ask('[{"jsonrpc":"2.0","method":"eth_chainId"}]')).toBeUndefined()
  })

  it('answers a batch in order, its bad items too, without its notifications', async () => {
    const batch = `[${request(1, 'eth_chainId')},{"jsonrpc":"2.0","method":"eth_chainId"},7,${request(2, 'eth_x')},${request(3, 'eth_blockNumber')}]`
    expect(await ask(batch)).toMatchObject([
      { id: 1, result: '0x1092' },
      { id: null, error: { code: -32600 } },
      { id: 2, error: { code: -32601 } },
      { id: 3, result: '0x0' },
    ])
  })

  it('takes a batch of the limit and refuses one more', async () => {
    const batchOf = (length: number): string =>
      `[${Array.from({ length }, (_, id) => request(id, 'eth_chainId')).join(',')}]`
    expect(await ask(batchOf(100))).toHaveLength(100)
    expect(await ask(batchOf(101))).toMatchObject({ id: null, error: { code: -32005, data: { limit: 'batchMax' } } })
  })

  it('refuses a body over the limit without parsing it', async () => {
    const small = createTestRpc(createMemoryBackend(), { requestMaxBytes: 100 })
    const response = await small.rpc.handle(request(1, 'web3_sha3', [`0x${'00'.repeat(100)}`]))
    expect(JSON.parse(response ?? '')).toMatchObject({
      id: null,
      error: { code: -32005, data: { limit: 'requestMaxBytes' } },
    })
    expect(small.rpc.requestTooLarge()).toBe(response)
  })

  it('survives deep nesting', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expect(await ask(deep)).toMatchObject([{ error: { code: -32600 } }])
    expect(await ask(`{"jsonrpc":"2.0","id":1,"method":"eth_call","params":${deep}}`)).toMatchObject({
      error: { code: -32602 },
    })
    expect(await ask(`{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":${deep}}]}`)).toMatchObject({
      error: { code: -32602 },
    })
  })

  it('does not let a request reach a prototype', async () => {
    const poisoned =
      '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"__proto__":{"gas":"0x1"},"constructor":{"prototype":{"polluted":1}}}],"__proto__":{"polluted":1}}'
    expect(await ask(poisoned)).toMatchObject({ id: 1, result: '0xab' })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(await ask('{"jsonrpc":"2.0","id":1,"__proto__":{"method":"eth_chainId"}}')).toMatchObject({
      error: { code: -32600 },
    })
  })

  it('never repeats a long text of the caller', async () => {
    const response = (await rpc.handle(request(1, 'x'.repeat(100_000)))) ?? ''
    expect(response.length).toBeLessThan(400)
    const params =
      (await rpc.handle(request(1, 'eth_getStorageAt', [`0x${'0'.repeat(40)}`, `0x${'f'.repeat(100_000)}`]))) ?? ''
    expect(params.length).toBeLessThan(400)
  })

  it('stops a batch whose answers grow over the response limit', async () => {
    const small = createTestRpc(createMemoryBackend(), { responseMaxChars: 300 })
    const batch = `[${Array.from({ length: 20 }, (_, id) => request(id, 'net_version')).join(',')}]`
    const responses = JSON.parse((await small.rpc.handle(batch)) ?? '') as { error?: { code: number } }[]
    expect(responses).toHaveLength(20)
    expect(responses[0]).toMatchObject({ result: '4242' })
    expect(responses.at(-1)).toMatchObject({ id: 19, error: { code: -32005 } })
  })

  it('hides what went wrong inside, but tells the operator', async () => {
    const memory = createMemoryBackend()
    const broken = createTestRpc(memory)
    memory.answers.call = () => Promise.reject(new Error('secret path'))
    expect(await broken.call('eth_call', {})).toMatchObject({ error: { code: -32603, message: 'internal error' } })
    expect(broken.errors).toEqual(['rpc method failed'])
    expect(errors).toEqual([])
  })
})
