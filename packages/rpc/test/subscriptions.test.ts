import type { Hash } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { createMemoryBackend, createTestRpc, testAddress, testHash } from './memory-backend.ts'

const RAW =
  `0xf86c808401a213988261a894aa000000000000000000000000000000000000000a8255448718e5bb3abd109fa073fbe7ff7e74339e7cc61fb3cb3f7630cd3f1d5fef653d7297654b2d22894daea042a188d30f35f19408c73c803bc1e9e17ce129c457e31fd2a368b54507af2f4c` as const

function openSession(limits = {}) {
  const memory = createMemoryBackend()
  const { rpc } = createTestRpc(memory, limits)
  const sent: {
    id?: number
    result?: unknown
    error?: { code: number }
    params?: { subscription: string; result: unknown }
  }[] = []
  const session = rpc.openSession((text) => sent.push(JSON.parse(text)))
  const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const from = sent.length
    await session.receive(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    return sent.slice(from).find((message) => message.id === 1)?.result
  }
  return { memory, rpc, session, sent, ask }
}

describe('subscriptions', () => {
  it('pushes heads, logs that match, and pending hashes; the id comes first', async () => {
    const { memory, sent, ask } = openSession()
    const heads = await ask('eth_subscribe', 'newHeads')
    const logs = await ask('eth_subscribe', 'logs', { address: testAddress(1), topics: [testHash(5)] })
    const pending = await ask('eth_subscribe', 'newPendingTransactions')
    expect(new Set([heads, logs, pending]).size).toBe(3)
    sent.length = 0
    memory.mine([
      {
        raw: RAW,
        sender: testAddress(7),
        logs: [
          { address: testAddress(2), topics: [testHash(5)], data: '0x' },
          { address: testAddress(1), topics: [testHash(5)], data: '0x01' },
        ],
      },
    ])
    memory.announcePending(testHash(3))
    expect(sent).toMatchObject([
      { method: 'eth_subscription', params: { subscription: heads, result: { number: '0x1' } } },
      { params: { subscription: logs, result: { data: '0x01', logIndex: '0x1' } } },
      { params: { subscription: pending, result: testHash(3) } },
    ])
    expect(await ask('eth_unsubscribe', heads)).toBe(true)
    expect(await ask('eth_unsubscribe', heads)).toBe(false)
    sent.length = 0
    memory.mine()
    expect(sent).toEqual([])
  })

  it('holds notifications back until the id has been sent', async () => {
    const { memory, rpc, session, sent } = openSession()
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] },
      { jsonrpc: '2.0', id: 2, method: 'eth_call', params: [{}] },
    ]
    memory.answers.call = async () => {
      memory.mine()
      return { status: 'success', output: new Uint8Array(), gasUsed: 0n }
    }
    await session.receive(JSON.stringify(batch))
    expect(Array.isArray(sent[0])).toBe(true)
    expect(sent[1]).toMatchObject({ params: { result: { number: '0x1' } } })
    rpc.stop()
  })

  it('gives whole transactions where asked', async () => {
    const { memory, sent, ask } = openSession()
    await ask('eth_subscribe', 'newPendingTransactions', true)
    const hash = testHash(9)
    memory.announcePending(hash)
    memory.pending.set(hash, {
      raw: Uint8Array.from(RAW.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
      sender: testAddress(7),
    })
    memory.announcePending(hash)
    expect(sent.slice(1)).toMatchObject([
      { params: { result: { hash, from: testAddress(7), type: '0x0', blockNumber: null } } },
    ])
  })

  it('bounds subscriptions and requests of a connection, and leaves nothing behind', async () => {
    const { memory, session, sent, ask } = openSession({ subscriptionsMax: 2, sessionRequestsMax: 2 })
    await ask('eth_subscribe', 'newHeads')
    await ask('eth_subscribe', 'newHeads')
    await ask('eth_subscribe', 'newHeads')
    expect(sent.at(-1)).toMatchObject({ error: { code: -32005 } })
    expect(memory.listenerCount()).toBe(2)
    await Promise.all([ask('eth_chainId'), ask('eth_chainId'), ask('eth_chainId')])
    expect(sent.filter((message) => message.error?.code === -32005)).toHaveLength(2)
    await ask('eth_subscribe', 'syncing')
    expect(sent.at(-1)).toMatchObject({ error: { code: -32602 } })
    session.close()
    expect(memory.listenerCount()).toBe(0)
  })

  it('drops a subscription whose connection closed while it was made', async () => {
    const { memory, session, sent } = openSession()
    const answered = session.receive('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}')
    session.close()
    await answered
    expect(sent).toEqual([])
    expect(memory.listenerCount()).toBe(0)
  })
})

describe('filters', () => {
  it('gives changes once', async () => {
    const memory = createMemoryBackend()
    const { call } = createTestRpc(memory)
    const { result: blocks } = await call('eth_newBlockFilter')
    const { result: logs } = await call('eth_newFilter', { address: testAddress(1) })
    const { result: pending } = await call('eth_newPendingTransactionFilter')
    expect(await call('eth_getFilterChanges', blocks)).toMatchObject({ result: [] })
    const first = memory.mine()
    const second = memory.mine([
      { raw: RAW, sender: testAddress(7), logs: [{ address: testAddress(1), topics: [], data: '0x' }] },
    ])
    memory.announcePending(testHash(1))
    expect(await call('eth_getFilterChanges', blocks)).toMatchObject({
      result: [first.header.executionBlockHash, second.header.executionBlockHash],
    })
    expect(await call('eth_getFilterChanges', blocks)).toMatchObject({ result: [] })
    expect(await call('eth_getFilterChanges', logs)).toMatchObject({ result: [{ blockNumber: '0x2' }] })
    expect(await call('eth_getFilterChanges', logs)).toMatchObject({ result: [] })
    expect(await call('eth_getFilterLogs', logs)).toMatchObject({ result: [{ blockNumber: '0x2' }] })
    expect(await call('eth_getFilterChanges', pending)).toMatchObject({ result: [testHash(1)] })
    expect(await call('eth_getFilterLogs', blocks)).toMatchObject({
      error: { code: -32000, message: 'filter not found' },
    })
    expect(await call('eth_uninstallFilter', pending)).toMatchObject({ result: true })
    expect(await call('eth_uninstallFilter', pending)).toMatchObject({ result: false })
    expect(memory.listenerCount()).toBe(0)
  })

  it('drops idle filters, bounds their number and their lists', async () => {
    const memory = createMemoryBackend()
    const { call, advance, rpc } = createTestRpc(memory, { filtersMax: 1, filterHashesMax: 2, filterIdleMs: 100 })
    const { result: id } = await call('eth_newPendingTransactionFilter')
    expect(await call('eth_newBlockFilter')).toMatchObject({ error: { code: -32005 } })
    for (const seed of [1, 2, 3]) memory.announcePending(testHash(seed))
    expect(await call('eth_getFilterChanges', id)).toMatchObject({
      result: [testHash(2), testHash(3)] satisfies Hash[],
    })
    advance(101)
    expect(await call('eth_getFilterChanges', id)).toMatchObject({ error: { code: -32000 } })
    expect(memory.listenerCount()).toBe(0)
    await call('eth_newPendingTransactionFilter')
    rpc.stop()
    expect(memory.listenerCount()).toBe(0)
  })
})
