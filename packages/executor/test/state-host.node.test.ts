import { createMemoryMedium, createMemoryStore } from '@cairn/storage'
import type { Address, Hash } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import {
  buildBlock,
  addressOf,
  signedTransaction,
  startExecutor,
  testAccount,
  testSpec,
  withoutSync,
} from './executor-fixture.ts'

/** Contract: adds 1 to slot calldataload(0), then returns the value. */
const counterCode = '0x5f35805460010180915560005260206000f3'
const counter = `0x${'cc'.repeat(20)}` as Address

const spec = testSpec({
  alloc: [
    ...testSpec().alloc,
    {
      address: counter,
      balance: 0n,
      nonce: 1,
      code: counterCode,
      storage: Array.from({ length: 40 }, (_, index) => ({ slot: word(index), value: word(7) })),
    },
  ],
})

function word(value: number): Hash {
  return `0x${value.toString(16).padStart(64, '0')}` as Hash
}

describe('state host', () => {
  it('gives the same blocks whether the store reads synchronously or in batches', async () => {
    const leader = await startExecutor({ spec })
    const medium = createMemoryMedium()
    let batches = 0
    const store = withoutSync(createMemoryStore(medium))
    const counting = {
      ...store,
      getMany: (keys: readonly Uint8Array[]) => (batches++, store.getMany(keys)),
      close: async () => {},
    }
    let verifier = await startExecutor({ spec, store: counting })
    let parentHash = leader.head().blockHash
    for (let height = 1; height <= 3; height++) {
      const transactions = await Promise.all(
        [0, 1, 2, 3].map((from) =>
          signedTransaction({
            from,
            nonce: height - 1,
            to: counter,
            value: 0n,
            gas: 100_000n,
            data: word(from * 10 + height),
          }),
        ),
      )
      const { built, request } = await buildBlock(leader, { parentHash, height, transactions })
      expect(built.transactionCount).toBe(4)
      await leader.adopt(built.buildId, request.blockHash)
      await leader.commit(request.blockHash)
      // A fresh cache: everything has to be loaded.
      await verifier.stop()
      verifier = await startExecutor({ spec, store: { ...counting } })
      batches = 0
      expect(await verifier.execute(request)).toEqual({ verdict: 'accept' })
      expect(batches).toBeLessThan(8)
      await verifier.commit(request.blockHash)
      parentHash = request.blockHash
    }
    expect(verifier.head()).toEqual(leader.head())
    // Building without announced keys works too.
    const transactions = [
      await signedTransaction({ from: 5, nonce: 0, to: counter, value: 0n, gas: 100_000n, data: word(33) }),
    ]
    const slow = await buildBlock(verifier, { parentHash, height: 4, transactions })
    const fast = await buildBlock(leader, { parentHash, height: 4, transactions })
    expect(slow.request).toEqual(fast.request)
    expect(await verifier.storage(counter, word(1))).toBe(word(8))
  })

  it('answers a corrupt stored trie node with a code and goes on', async () => {
    const medium = createMemoryMedium()
    const keep = { ...createMemoryStore(medium), close: async () => {} }
    const before = await startExecutor({ spec, store: keep })
    const { request } = await buildBlock(before, {
      parentHash: before.head().blockHash,
      height: 1,
      transactions: [await signedTransaction({ from: 0, nonce: 0, to: counter })],
    })
    await before.stop()
    for (const [key, value] of medium.values) {
      const isInnerNode = key.charCodeAt(0) === 4 && key.length > 2
      if (isInnerNode)
        medium.values.set(
          key,
          value.map((byte, index) => (index > 2 ? byte ^ 0xff : byte)),
        )
    }
    const executor = await startExecutor({ spec, store: keep })
    await expect(executor.execute(request)).rejects.toMatchObject({ code: 'STATE_CORRUPT' })
    expect((await executor.account(addressOf(testAccount(1)))).balance).toBe(10n ** 21n)
  })

  it('refuses a state that is not the head’s, and another chain’s', async () => {
    const medium = createMemoryMedium()
    const keep = { ...createMemoryStore(medium), close: async () => {} }
    await (await startExecutor({ spec, store: keep })).stop()
    await expect(startExecutor({ spec: testSpec({ name: 'other' }), store: keep })).rejects.toMatchObject({
      code: 'GENESIS_MISMATCH',
    })
    medium.values.delete('\x04\x00')
    await expect(startExecutor({ spec, store: keep })).rejects.toMatchObject({ code: 'STATE_CORRUPT' })
  })

  it('starts over when genesis was interrupted', async () => {
    const medium = createMemoryMedium()
    const keep = { ...createMemoryStore(medium), close: async () => {} }
    const whole = await startExecutor({ spec, store: keep })
    await whole.stop()
    medium.values.delete('\x00\x01')
    const again = await startExecutor({ spec, store: keep })
    expect(again.head()).toEqual(whole.head())
  })

  it('passes a failing store on by its code', async () => {
    const store = createMemoryStore()
    let isBroken = false
    const failing = {
      ...store,
      getSync: (key: Uint8Array) => {
        if (isBroken) throw new Error('disk on fire')
        return store.getSync?.(key)
      },
    }
    const executor = await startExecutor({ spec, store: failing })
    isBroken = true
    const to = `0x${'99'.repeat(20)}` as Address
    const transactions = [await signedTransaction({ from: 0, nonce: 0, to })]
    const plan = { parentHash: executor.head().blockHash, height: 1, transactions }
    await expect(buildBlock(executor, plan)).rejects.toMatchObject({ code: 'STATE_STORE_FAILED' })
    isBroken = false
    expect((await buildBlock(executor, plan)).built.transactionCount).toBe(1)
  })
})
