import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { CodedError, ZERO_HASH } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import { afterEach, describe, expect, it } from 'vitest'
import { createExecutor, createExecutorClient, serveExecutor } from '../src/index.ts'
import type { ExecutorClient, ExecutorPort } from '../src/index.ts'
import { createMemoryStore } from '@cairn/storage'
import { buildBlock, signedTransaction, startExecutor, testClock, testSpec, wasm } from './executor-fixture.ts'

function portOf(port: MessagePort): ExecutorPort {
  return {
    post: (message) => port.postMessage(message),
    listen: (handler) => {
      port.on('message', handler)
    },
    close: () => port.close(),
  }
}

function serve(): ExecutorClient {
  const { port1, port2 } = new MessageChannel()
  const executor = createExecutor(
    { chainSpec: testSpec(), stateStore: createMemoryStore(), wasm },
    { clock: testClock },
  )
  serveExecutor(portOf(port2), executor)
  return createExecutorClient(portOf(port1))
}

describe('executor across a message port', () => {
  const clients: ExecutorClient[] = []
  const open = (): ExecutorClient => {
    const client = serve()
    clients.push(client)
    return client
  }
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.stop().catch(() => {})
  })

  it('does what the executor does, and mirrors head and pending blocks', async () => {
    const local = await startExecutor()
    const client = open()
    expect(() => client.head()).toThrow('not started')
    await client.start()
    expect(client.head()).toEqual(local.head())
    expect(client.genesis()).toEqual(local.genesis())
    const to = `0x${'ab'.repeat(20)}` as Address
    const transactions = await Promise.all([0, 1, 2].map((from) => signedTransaction({ from, nonce: 0, to })))
    const plan = { parentHash: local.head().blockHash, height: 1, transactions }
    const { built, request } = await buildBlock(client, plan)
    expect((await buildBlock(local, plan)).request).toEqual(request)
    await client.adopt(built.buildId, request.blockHash)
    expect(client.has(request.blockHash)).toBe(true)
    await local.execute(request)
    expect(await client.outcome(request.blockHash)).toEqual(await local.outcome(request.blockHash))
    expect(await client.commit(request.blockHash)).toEqual(await local.commit(request.blockHash))
    expect(client.head()).toEqual(local.head())
    expect(client.executed()).toEqual([request.blockHash])
    expect(await client.account(to)).toEqual(await local.account(to))
    expect(await client.call({ to })).toEqual(await local.call({ to }))
    const many = Array.from({ length: 200 }, (_, index) => transactions[index % 3] as Uint8Array)
    expect(await client.decodeTransactions(many)).toEqual(await local.decodeTransactions(many))
  })

  it('carries errors by code', async () => {
    const client = open()
    await client.start()
    await expect(client.commit(ZERO_HASH)).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' })
    const forged = client as unknown as { call: (...parameters: unknown[]) => Promise<unknown> }
    await expect(forged.call({ to: 5 })).rejects.toMatchObject({ code: 'EXECUTOR_FAILED' })
  })

  it('fails what is open when the worker is gone', async () => {
    const client = open()
    const starting = client.start()
    client.fail(new CodedError('EXECUTOR_FAILED', 'gone'))
    await expect(starting).rejects.toMatchObject({ code: 'EXECUTOR_FAILED' })
    await expect(client.account(`0x${'00'.repeat(20)}` as Address)).rejects.toMatchObject({ code: 'EXECUTOR_FAILED' })
  })

  it('refuses everything after stop', async () => {
    const client = open()
    await client.start()
    await client.stop()
    await expect(client.start()).rejects.toMatchObject({ code: 'EXECUTOR_STOPPED' })
  })
})
