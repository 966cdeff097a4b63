import { height } from '@cairn/primitives'
import { createMemoryMedium, createMemoryStore, openChainStore } from '@cairn/storage'
import type { ChainBudget, ChainStore, MemoryMedium } from '@cairn/storage'
import { createSampleChain, sampleAddress, verifySampleFinalization } from '@cairn/testing/contracts'
import type { SampleBlock } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'

const chain = createSampleChain({ length: 60, transactionSizeBytes: 500 })
const blockAt = (at: number): SampleBlock => chain.blocks[at - 1] as SampleBlock

const open = (medium: MemoryMedium, budget?: ChainBudget): Promise<ChainStore> =>
  openChainStore(createMemoryStore(medium), {
    genesis: chain.genesis,
    verifyFinalization: verifySampleFinalization,
    ...(budget === undefined ? {} : { budget }),
  })

async function append(store: ChainStore, from: number, to: number, certifiedEvery = 1): Promise<void> {
  for (let at = from; at <= to; at++) {
    const { block, certificate, execution } = blockAt(at)
    await store.appendFinalized(block, at % certifiedEvery === 0 ? certificate : undefined, execution)
  }
}

/** Bytes of keys and values whose table is one of blocks, receipts and indices. */
function prunableBytes({ values }: MemoryMedium): number {
  const tables = [0x10, 0x11, 0x13, 0x14, 0x15, 0x16, 0x17]
  let sizeBytes = 0
  for (const [key, value] of values) {
    if (tables.includes(key.charCodeAt(0))) sizeBytes += key.length + value.length
  }
  return sizeBytes
}

const BUDGET = { sizeBytes: 20_000, blocksMin: 3 }

describe('a chain store with a budget', () => {
  it('lets the oldest blocks go with everything that leads to them, and keeps within the budget', async () => {
    const medium = createMemoryMedium()
    const genesisBytes = await open(medium).then(() => prunableBytes(medium))
    const store = await open(medium, BUDGET)
    await append(store, 1, 60)
    const { baseHeight } = store.head()
    expect(baseHeight).toBeGreaterThan(30)
    expect(store.sizeBytes()).toBe(prunableBytes(medium) - genesisBytes)
    expect(store.sizeBytes()).toBeLessThanOrEqual(BUDGET.sizeBytes)
    const gone = blockAt(baseHeight - 1)
    expect(await store.blockByHeight(gone.block.header.height)).toBe(undefined)
    expect(await store.blockByHash(gone.block.hash)).toBe(undefined)
    expect(await store.executionByHeight(gone.block.header.height)).toBe(undefined)
    expect(await store.heightByExecutionHash(gone.block.header.executionBlockHash)).toBe(undefined)
    const [transaction] = gone.execution.transactions
    if (transaction === undefined) throw new Error('a sample block has a transaction')
    expect(await store.transactionLocation(transaction.hash)).toBe(undefined)
    const query = { first: height(1), last: height(60), addresses: [sampleAddress(1)], topics: [], heightsMax: 100 }
    expect((await store.logHeights(query))[0]).toBe(baseHeight)
    expect(await store.blockByHeight(baseHeight)).toEqual(blockAt(baseHeight).block)
    expect(await store.blockByHeight(height(0))).toEqual(chain.genesis)
    // The epoch is still going on: its headers stay.
    expect(await store.headerByHeight(height(1))).toEqual(blockAt(1).block.header)
    expect((await store.certificateAtOrAbove(height(1)))?.height).toBe(baseHeight)
  })

  it('opens again where it was, and counts a store that had no budget', async () => {
    const medium = createMemoryMedium()
    await append(await open(medium), 1, 20)
    const counted = await open(medium, BUDGET)
    const before = counted.sizeBytes() ?? 0
    await append(counted, 21, 40)
    expect(counted.head().baseHeight).toBeGreaterThan(1)
    expect(counted.sizeBytes()).toBeLessThan(before + 20_000)
    const again = await open(medium, BUDGET)
    expect(again.head()).toEqual(counted.head())
    expect(again.sizeBytes()).toBe(counted.sizeBytes())
    await append(again, 41, 60)
    expect(again.sizeBytes()).toBeLessThanOrEqual(BUDGET.sizeBytes)
  })

  it('keeps the newest blocks and the certified head whatever they take', async () => {
    const store = await open(createMemoryMedium(), { sizeBytes: 0, blocksMin: 5 })
    await append(store, 1, 30)
    expect(store.head().baseHeight).toBe(26)
    await append(store, 31, 45, 100)
    expect(store.head()).toMatchObject({ height: 45, certifiedHeight: 30, baseHeight: 30 })
    expect(await store.blockByHeight(height(30))).toEqual(blockAt(30).block)
  })

  it('comes to the same with ranges as with single blocks', async () => {
    const [single, ranges] = [createMemoryMedium(), createMemoryMedium()]
    await append(await open(single, BUDGET), 1, 60)
    const store = await open(ranges, BUDGET)
    for (let at = 0; at < 60; at += 7) await store.appendFinalizedRange(chain.blocks.slice(at, at + 7))
    expect(store.sizeBytes()).toBeLessThanOrEqual(BUDGET.sizeBytes)
    expect(store.head()).toEqual((await open(single, BUDGET)).head())
    expect(ranges.values).toEqual(single.values)
  })

  it('takes nothing out that the same range brings', async () => {
    const store = await open(createMemoryMedium(), { sizeBytes: 1_000, blocksMin: 3 })
    await store.appendFinalizedRange(chain.blocks.slice(0, 20))
    expect(store.head()).toMatchObject({ height: 20, baseHeight: 0 })
    await append(store, 21, 24)
    expect(store.head()).toMatchObject({ height: 24, baseHeight: 22 })
  })
})
