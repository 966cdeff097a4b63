import { height } from '@cairn/primitives'
import { createMemoryMedium, createMemoryStore, createProposedBlocks, openChainStore } from '@cairn/storage'
import { createSampleChain, verifySampleFinalization } from '@cairn/testing/contracts'
import { expect, it } from 'vitest'

const { genesis, blocks } = createSampleChain({ length: 4 })
const other = createSampleChain({ length: 4, transactionSizeBytes: 3 })

it('keeps blocks, several of one height too, through a crash until their height is pruned', async () => {
  const medium = createMemoryMedium()
  const store = createMemoryStore(medium)
  const proposed = createProposedBlocks(store)
  const given = [...blocks, ...other.blocks].map((each) => each.block)
  for (const block of given) await proposed.put(block)
  medium.crash()
  const reopened = createProposedBlocks(createMemoryStore(medium))
  const byHeight = (await reopened.all()).map((block) => block.header.height)
  expect(byHeight).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
  await reopened.prune(height(3))
  expect(new Set(await reopened.all())).toEqual(new Set(given.filter((block) => block.header.height === 4)))
  await reopened.prune(height(9))
  expect(await reopened.all()).toEqual([])
})

it('shares a store with the chain store', async () => {
  const store = createMemoryStore()
  const chainStore = await openChainStore(store, { genesis, verifyFinalization: verifySampleFinalization })
  const [first] = blocks
  if (first === undefined) throw new Error('no block')
  const proposed = createProposedBlocks(store)
  await proposed.put(first.block)
  await chainStore.appendFinalized(first.block, first.certificate, first.execution)
  await proposed.prune(height(1))
  expect(await chainStore.blockByHeight(height(1))).toEqual(first.block)
})

it('says so when what it finds is damaged', async () => {
  const medium = createMemoryMedium()
  const proposed = createProposedBlocks(createMemoryStore(medium))
  await proposed.put(genesis)
  for (const key of medium.values.keys()) medium.values.set(key, Uint8Array.of(1))
  await expect(proposed.all()).rejects.toMatchObject({ code: 'CHAIN_STORE_CORRUPT' })
})
