import { createMemoryStore } from '@cairn/storage'
import type { Address } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { PENDING_BLOCKS_MAX } from '../src/limits.ts'
import { buildBlock, signedTransaction, startExecutor } from './executor-fixture.ts'

const recipient = `0x${'ab'.repeat(20)}` as Address

describe('pending tree', () => {
  it('executes competing children and keeps only the committed branch', async () => {
    const executor = await startExecutor()
    const genesis = executor.head().blockHash
    const pay = async (from: number, nonce: number): Promise<Uint8Array> =>
      signedTransaction({ from, nonce, to: recipient })
    const left = await buildBlock(executor, { parentHash: genesis, height: 1, transactions: [await pay(0, 0)] })
    const right = await buildBlock(executor, {
      parentHash: genesis,
      height: 1,
      timeMs: 1_700_000_009_000,
      transactions: [await pay(1, 0), await pay(2, 0)],
    })
    await executor.adopt(left.built.buildId, left.request.blockHash)
    expect(await executor.execute(right.request)).toEqual({ verdict: 'accept' })
    // A grandchild on each side sees its own branch.
    const leftChild = await buildBlock(executor, {
      parentHash: left.request.blockHash,
      height: 2,
      transactions: [await pay(0, 1), await pay(1, 0)],
    })
    const rightChild = await buildBlock(executor, {
      parentHash: right.request.blockHash,
      height: 2,
      timeMs: 1_700_000_010_000,
      transactions: [await pay(0, 0), await pay(1, 1)],
    })
    expect([leftChild.built.transactionCount, rightChild.built.transactionCount]).toEqual([2, 2])
    await executor.adopt(leftChild.built.buildId, leftChild.request.blockHash)
    await executor.adopt(rightChild.built.buildId, rightChild.request.blockHash)
    await expect(executor.commit(rightChild.request.blockHash)).rejects.toMatchObject({ code: 'COMMIT_OUT_OF_ORDER' })
    await executor.commit(right.request.blockHash)
    expect(executor.executed()).toEqual([right.request.blockHash, rightChild.request.blockHash])
    expect(executor.has(left.request.blockHash)).toBe(false)
    expect(await executor.execute(leftChild.request)).toEqual({ verdict: 'ignore', code: 'UNKNOWN_PARENT' })
    await executor.commit(rightChild.request.blockHash)
    expect((await executor.account(recipient)).balance).toBe(4n)
  })

  it('is bounded', async () => {
    const executor = await startExecutor()
    let parentHash = executor.head().blockHash
    for (let height = 1; height <= PENDING_BLOCKS_MAX; height++) {
      const { built, request } = await buildBlock(executor, { parentHash, height, transactions: [] })
      await executor.adopt(built.buildId, request.blockHash)
      parentHash = request.blockHash
    }
    const { built, request } = await buildBlock(executor, {
      parentHash,
      height: PENDING_BLOCKS_MAX + 1,
      transactions: [],
    })
    await expect(executor.adopt(built.buildId, request.blockHash)).rejects.toMatchObject({ code: 'PENDING_FULL' })
  })

  it('names what it does not know', async () => {
    const executor = await startExecutor({ store: createMemoryStore() })
    const unknown = `0x${'77'.repeat(32)}` as typeof parentHash
    const parentHash = executor.head().blockHash
    await expect(buildBlock(executor, { parentHash: unknown, height: 1, transactions: [] })).rejects.toMatchObject({
      code: 'UNKNOWN_PARENT',
    })
    await expect(executor.adopt(99, unknown)).rejects.toMatchObject({ code: 'UNKNOWN_BUILD' })
    await expect(executor.commit(unknown)).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' })
    for (let count = 0; count < 6; count++) await buildBlock(executor, { parentHash, height: 1, transactions: [] })
    await expect(executor.adopt(1, unknown)).rejects.toMatchObject({ code: 'UNKNOWN_BUILD' })
  })
})
