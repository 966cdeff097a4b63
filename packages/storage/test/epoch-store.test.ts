import { createValidatorSet, genesisEpochState } from '@cairn/chain'
import type { Block, ChainSpec } from '@cairn/chain'
import { ZERO_ADDRESS, ZERO_HASH, epoch, height } from '@cairn/primitives'
import { createMemoryMedium, createMemoryStore, openEpochStore } from '@cairn/storage'
import type { EpochBlockReader, EpochStore } from '@cairn/storage'
import { describe, expect, it } from 'vitest'
import { epochStateIntervalBlocks } from '../src/limits.ts'

const members = [1, 2, 3, 4, 5].map((seed) => ({
  publicKey: new Uint8Array(48).fill(seed),
  weight: 1n,
  feeRecipient: ZERO_ADDRESS,
  peerId: '',
  proofOfPossession: new Uint8Array(96),
}))

function specOf(epochLengthBlocks: number): ChainSpec {
  return {
    name: 'test',
    chainId: 7,
    genesisTimeMs: 1,
    epochLengthBlocks,
    unbondingEpochs: 8,
    timing: { leaderTimeoutMs: 400, leaderTimeoutMaxMs: 8_000, heartbeatMs: 1_000 },
    gasLimit: 1n,
    baseFeePerGas: 1n,
    blockSizeMaxBytes: 4_096,
    coreWasmSha256: ZERO_HASH,
    depositContractAddress: ZERO_ADDRESS,
    validators: members.slice(0, 4),
    validatorChanges: [{ epoch: epoch(2), validators: members }],
    alloc: [],
  }
}

/** A finalized chain that grows: what epochs read of blocks, and nothing else. */
function growingChain(spec: ChainSpec) {
  const blocks: Block[] = []
  const reads: number[] = []
  const nextSetHashes = new Map<number, string>()
  const blockAt = (at: number): Block =>
    ({
      header: {
        height: height(at),
        randaoReveal: new Uint8Array(96).fill(at),
        nextValidatorSetHash: nextSetHashes.get(at),
      },
      evidence: Uint8Array.of(0xc0),
    }) as unknown as Block
  const reader: EpochBlockReader = {
    head: () => ({ height: height(blocks.length), hash: ZERO_HASH, certifiedHeight: height(0), baseHeight: height(0) }),
    blockByHeight: async (at) => {
      reads.push(at)
      return at === 0 ? blockAt(0) : blocks[at - 1]
    },
    headerByHeight: async (at) => reader.blockByHeight(at).then((block) => block?.header),
  }
  const grow = async (store: EpochStore, count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      const at = blocks.length + 1
      const state = await store.advance(blockAt(at))
      if (at % spec.epochLengthBlocks === 0) nextSetHashes.set(at, state.validators.hash)
      blocks.push(blockAt(at))
    }
  }
  return { reader, reads, grow, blockAt, blocks }
}

describe('the epoch store', () => {
  it('begins with what the spec says', async () => {
    const spec = specOf(3)
    const store = await openEpochStore(createMemoryStore(), spec)
    expect(store.current()).toEqual(genesisEpochState(spec))
    expect(await store.validators(epoch(0))).toEqual(genesisEpochState(spec).validators)
    expect(await store.validators(epoch(1))).toBe(undefined)
  })

  it('keeps every epoch’s set, those of the unbonding time at hand, and finds them again', async () => {
    const spec = { ...specOf(3), unbondingEpochs: 4 }
    const medium = createMemoryMedium()
    const first = await openEpochStore(createMemoryStore(medium), spec)
    const chain = growingChain(spec)
    await chain.grow(first, 20)
    expect(first.current().validators.epoch).toBe(6)
    expect(first.recentSets().map((set) => set.epoch)).toEqual([2, 3, 4, 5, 6])
    const again = await openEpochStore(createMemoryStore(medium), spec)
    await again.follow(chain.reader)
    expect(again.current()).toEqual(first.current())
    expect(again.recentSets()).toEqual(first.recentSets())
    const sizes = await Promise.all([0, 1, 2, 6].map((of) => again.validators(epoch(of))))
    expect(sizes.map((set) => set?.validators.length)).toEqual([4, 4, 5, 5])
  })

  it('folds what a crash has swallowed, and no more than an interval', async () => {
    const spec = specOf(10_000)
    const medium = createMemoryMedium()
    const first = await openEpochStore(createMemoryStore(medium), spec)
    const chain = growingChain(spec)
    await chain.grow(first, epochStateIntervalBlocks + 40)
    chain.reads.length = 0
    const again = await openEpochStore(createMemoryStore(medium), spec)
    await again.follow(chain.reader)
    expect(again.current()).toEqual(first.current())
    expect(chain.reads.filter((at) => at > 0)).toHaveLength(40)
  })

  it('gives the state as of any stored block', async () => {
    const spec = specOf(4)
    const store = await openEpochStore(createMemoryStore(), spec)
    const chain = growingChain(spec)
    const states = [store.current()]
    for (let at = 0; at < 11; at++) {
      await chain.grow(store, 1)
      states.push(store.current())
    }
    for (const [at, state] of states.entries()) expect(await store.stateAt(height(at), chain.reader)).toEqual(state)
  })

  it('takes a block once', async () => {
    const spec = specOf(3)
    const store = await openEpochStore(createMemoryStore(), spec)
    const chain = growingChain(spec)
    await chain.grow(store, 4)
    const before = store.current()
    expect(await store.advance(chain.blockAt(2))).toBe(before)
  })

  it('goes back with a chain store that lost its newest blocks', async () => {
    const spec = specOf(3)
    const medium = createMemoryMedium()
    const first = await openEpochStore(createMemoryStore(medium), spec)
    const chain = growingChain(spec)
    await chain.grow(first, 4)
    const before = first.current()
    await chain.grow(first, 3)
    chain.blocks.length = 4
    const again = await openEpochStore(createMemoryStore(medium), spec)
    await again.follow(chain.reader)
    expect(again.current()).toEqual(before)
  })

  it('refuses a set that is not the one the chain names, and damaged records', async () => {
    const spec = specOf(3)
    const medium = createMemoryMedium()
    const first = await openEpochStore(createMemoryStore(medium), spec)
    const chain = growingChain(spec)
    await chain.grow(first, 4)
    const other = createValidatorSet(epoch(1), members, ZERO_HASH)
    const lying: EpochBlockReader = {
      ...chain.reader,
      headerByHeight: async (at) => {
        const header = await chain.reader.headerByHeight(at)
        return header && { ...header, nextValidatorSetHash: other.hash }
      },
    }
    const again = await openEpochStore(createMemoryStore(medium), spec)
    await expect(again.follow(lying)).rejects.toMatchObject({ code: 'CHAIN_STORE_CORRUPT' })
    const store = createMemoryStore(medium)
    for await (const [key, value] of store.entries({ gte: Uint8Array.of(0x1a), lt: Uint8Array.of(0x1b) })) {
      await store.batch([{ type: 'put', key, value: value.subarray(0, -1) }])
    }
    await expect(openEpochStore(store, spec)).rejects.toMatchObject({ code: 'CHAIN_STORE_CORRUPT' })
  })
})
