import { keccak256 } from '@cairn/crypto'
import { ZERO_HASH, height as blockHeight } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import { createMemoryMedium, createMemoryStore } from '@cairn/storage'
import { describe, expect, it } from 'vitest'
import { computeGenesis } from '../src/index.ts'
import {
  addressOf,
  buildBlock,
  signedTransaction,
  startExecutor,
  testAccount,
  testSpec,
  wasm,
} from './executor-fixture.ts'

const recipient = `0x${'ab'.repeat(20)}` as Address

describe('local executor', () => {
  it('starts at the genesis that anybody computes from the spec', async () => {
    const executor = await startExecutor()
    const genesis = await computeGenesis(testSpec(), wasm)
    expect(executor.head().height).toBe(0)
    expect(executor.head().executionBlockHash).toBe(genesis.executionBlockHash)
    expect(executor.head().stateRoot).toBe(genesis.stateRoot)
    expect(executor.genesis()).toMatchObject(genesis)
    expect((await executor.account(addressOf(testAccount(3)))).balance).toBe(10n ** 21n)
  })

  it('builds a block that another executor verifies to the same root', async () => {
    const leader = await startExecutor()
    const verifier = await startExecutor()
    const transactions = [
      await signedTransaction({ from: 0, nonce: 0, to: recipient, value: 5n }),
      await signedTransaction({ from: 1, nonce: 0, to: recipient, value: 6n }),
      await signedTransaction({ from: 2, nonce: 9, to: recipient }),
    ]
    const { built, request } = await buildBlock(leader, {
      parentHash: leader.head().blockHash,
      height: 1,
      transactions,
    })
    expect(built.transactionCount).toBe(2)
    expect(built.rejected).toEqual([])
    await leader.adopt(built.buildId, request.blockHash)
    expect(await verifier.execute(request)).toEqual({ verdict: 'accept' })
    expect(verifier.has(request.blockHash)).toBe(true)
    const outcome = await verifier.outcome(request.blockHash)
    expect(outcome.transactions.map(({ sender }) => sender)).toEqual([
      addressOf(testAccount(0)),
      addressOf(testAccount(1)),
    ])
    expect(outcome.transactions[0]?.hash).toBe(keccak256(transactions[0] as Uint8Array))
    for (const executor of [leader, verifier]) {
      expect((await executor.account(recipient)).balance).toBe(0n)
      expect((await executor.commit(request.blockHash)).stateRoot).toBe(built.stateRoot)
      expect((await executor.account(recipient)).balance).toBe(11n)
      expect((await executor.account(addressOf(testAccount(0)))).nonce).toBe(1n)
    }
    expect(await leader.outcome(request.blockHash).catch((error: unknown) => (error as { code: string }).code)).toBe(
      'UNKNOWN_BLOCK',
    )
    expect(ZERO_HASH).not.toBe(built.accessListHash)
  })

  it('goes on from its store', async () => {
    const store = createMemoryStore()
    const keep = { ...store, close: async () => {} }
    const first = await startExecutor({ store: keep })
    const transactions = [await signedTransaction({ from: 0, nonce: 0, to: recipient, value: 5n })]
    const { request } = await buildBlock(first, { parentHash: first.head().blockHash, height: 1, transactions })
    expect(await first.execute(request)).toEqual({ verdict: 'accept' })
    await first.commit(request.blockHash)
    await first.stop()
    const second = await startExecutor({ store: keep })
    expect(second.head()).toEqual(first.head())
    expect((await second.account(recipient)).balance).toBe(5n)
    expect(await second.commit(request.blockHash)).toEqual(second.head())
  })

  it('lags by whole blocks after power loss, and catches up by executing them again', async () => {
    const medium = createMemoryMedium()
    const first = await startExecutor({ store: createMemoryStore(medium) })
    const genesis = first.head()
    const transactions = [await signedTransaction({ from: 0, nonce: 0, to: recipient, value: 5n })]
    const { request } = await buildBlock(first, { parentHash: genesis.blockHash, height: 1, transactions })
    expect(await first.execute(request)).toEqual({ verdict: 'accept' })
    const committed = await first.commit(request.blockHash)
    await first.stop()
    medium.crash()
    const second = await startExecutor({ store: createMemoryStore(medium) })
    expect(second.head()).toEqual(genesis)
    expect(await second.execute(request)).toEqual({ verdict: 'accept' })
    expect(await second.commit(request.blockHash)).toEqual(committed)
    expect((await second.account(recipient)).balance).toBe(5n)
  })

  it('makes the same blocks with next to no memory, and says what it holds', async () => {
    const memoryBudget = { stateCacheMaxBytes: 0, coreCacheMaxBytes: 0, coreMemoryMaxBytes: 0, historyCacheMaxBytes: 0 }
    const rich = await startExecutor()
    const poor = await startExecutor({ executor: { memoryBudget } })
    let parentHash = rich.head().blockHash
    for (let height = 1; height <= 3; height++) {
      const transactions = [await signedTransaction({ from: 0, nonce: height - 1, to: recipient, value: 5n })]
      const { built, request } = await buildBlock(rich, { parentHash, height, transactions })
      await rich.adopt(built.buildId, request.blockHash)
      expect(await poor.execute(request)).toEqual({ verdict: 'accept' })
      expect(await poor.commit(request.blockHash)).toEqual(await rich.commit(request.blockHash))
      parentHash = request.blockHash
    }
    const recycled = (await poor.memory()).recycledCount
    expect(recycled).toBeGreaterThanOrEqual(3)
    expect(await poor.account(recipient, blockHeight(1))).toEqual(await rich.account(recipient, blockHeight(1)))
    expect(await poor.memory()).toMatchObject({ memoryBytes: 0, cacheBytes: 0, stateCacheBytes: 0 })
    const held = await rich.memory()
    expect(held.recycledCount).toBe(0)
    for (const bytes of [held.memoryBytes, held.cacheBytes, held.stateCacheBytes, held.historyCacheBytes]) {
      expect(bytes).toBeGreaterThan(0)
    }
  })
})
