import { blockFromParts, encodeEvidenceList, evidenceFromVotes } from '@cairn/chain'
import { keccak256, sha256 } from '@cairn/crypto'
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import { CodedError, ZERO_HASH, encodeRlp, epoch, height, reject, view } from '@cairn/primitives'
import { createMemoryMedium, createMemoryStore, openChainStore } from '@cairn/storage'
import type { ChainStore, MemoryMedium } from '@cairn/storage'
import { createSampleChain, sampleAddress, sampleTopic, verifySampleFinalization } from '@cairn/testing/contracts'
import type { SampleBlock } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'

const chain = createSampleChain({ length: 24 })
const other = createSampleChain({ length: 3, seed: 1 })
const options = { genesis: chain.genesis, verifyFinalization: verifySampleFinalization }
const blockAt = (at: number): SampleBlock => chain.blocks[at - 1] as SampleBlock

async function open(medium: MemoryMedium): Promise<ChainStore> {
  return openChainStore(createMemoryStore(medium), options)
}

/** Appends `from` … `to`; every `certifiedEvery`-th height has a certificate. */
async function append(store: ChainStore, from: number, to: number, certifiedEvery = 1): Promise<void> {
  for (let at = from; at <= to; at++) {
    const { block, certificate, execution } = blockAt(at)
    await store.appendFinalized(block, at % certifiedEvery === 0 ? certificate : undefined, execution)
  }
}

describe('openChainStore', () => {
  it('begins with genesis, found by both hashes, without receipts', async () => {
    const store = await open(createMemoryMedium())
    const { genesis } = chain
    expect(store.head()).toEqual({ height: 0, hash: genesis.hash, certifiedHeight: 0, baseHeight: 0 })
    expect(await store.blockByHash(genesis.hash)).toEqual(genesis)
    expect(await store.heightByExecutionHash(genesis.header.executionBlockHash)).toBe(0)
    expect(await store.executionByHeight(height(0))).toEqual({ receipts: encodeRlp([]), transactions: [] })
    expect(await store.certificateAtOrAbove(height(0))).toBeUndefined()
  })

  it('reads back what was appended, also after reopening', async () => {
    const medium = createMemoryMedium()
    await append(await open(medium), 1, 24)
    const store = await open(medium)
    expect(store.head()).toEqual({ height: 24, hash: blockAt(24).block.hash, certifiedHeight: 24, baseHeight: 0 })
    for (const { block, certificate, execution } of chain.blocks) {
      const at = block.header.height
      expect(await store.blockByHeight(at)).toEqual(block)
      expect(await store.blockByHash(block.hash)).toEqual(block)
      expect(await store.heightByExecutionHash(block.header.executionBlockHash)).toBe(at)
      const { receipts, transactions } = execution
      expect(await store.executionByHeight(at)).toEqual({ receipts, transactions })
      expect(await store.certificateAtOrAbove(at)).toEqual({ height: at, certificate })
      const hash = transactions[0]?.hash ?? ZERO_HASH
      expect(await store.transactionLocation(hash)).toEqual({ height: at, index: 0 })
    }
    expect(await store.blockByHeight(height(25))).toBeUndefined()
    expect(await store.blockByHash(ZERO_HASH)).toBeUndefined()
    expect(await store.transactionLocation(ZERO_HASH)).toBeUndefined()
  })

  it('finds the blocks that include evidence, also after reopening', async () => {
    const medium = createMemoryMedium()
    const store = await open(medium)
    await append(store, 1, 2)
    const vote = {
      kind: 'notarize',
      epoch: epoch(0),
      view: view(1),
      validator: 0,
      signature: new Uint8Array(96),
    } as const
    const evidence = evidenceFromVotes({ ...vote, hash: chain.genesis.hash }, { ...vote, hash: blockAt(1).block.hash })
    if (evidence === undefined) throw new Error('the votes conflict')
    const { block, execution } = blockAt(3)
    const list = encodeEvidenceList([evidence])
    const guilty = blockFromParts(
      { ...block.header, evidenceRoot: keccak256(list) },
      block.payload,
      block.accessList,
      list,
    )
    await store.appendFinalized(guilty, undefined, { ...execution, blockHash: guilty.hash })
    for (const each of [store, await open(medium)]) {
      expect(await each.evidenceFrom(height(0))).toEqual({ height: 3, evidence: [evidence] })
      expect(await each.evidenceFrom(height(3))).toEqual({ height: 3, evidence: [evidence] })
      expect(await each.evidenceFrom(height(4))).toBeUndefined()
    }
  })

  it('finds the nearest certificate above heights without one', async () => {
    const store = await open(createMemoryMedium())
    await append(store, 1, 10, 4)
    expect(store.head()).toMatchObject({ height: 10, certifiedHeight: 8 })
    expect((await store.certificateAtOrAbove(height(1)))?.height).toBe(4)
    expect((await store.certificateAtOrAbove(height(8)))?.height).toBe(8)
    expect(await store.certificateAtOrAbove(height(9))).toBeUndefined()
  })

  it('keeps its disk format: a changed hash needs a new layout version of the data directory', async () => {
    const medium = createMemoryMedium()
    await append(await open(medium), 1, 6, 2)
    const entries = [...medium.values].sort(([a], [b]) => (a < b ? -1 : 1))
    const bytes = entries.map(([key, value]) => [Uint8Array.from(key, (each) => each.charCodeAt(0)), value])
    expect(sha256(encodeRlp(bytes))).toBe('0x3d49806141a92593fbf8fbba7bc8a244b664f9f6cc86297ce46b7bf1307b008a')
  })

  it('takes a block twice, and its certificate later', async () => {
    const medium = createMemoryMedium()
    const store = await open(medium)
    await append(store, 1, 3, 9)
    const before = medium.values.size
    await append(store, 1, 3, 9)
    expect(medium.values.size).toBe(before)
    await append(store, 3, 3)
    expect(store.head()).toMatchObject({ height: 3, certifiedHeight: 3 })
    await append(store, 1, 1)
    expect(store.head()).toMatchObject({ height: 3, certifiedHeight: 3 })
    expect((await store.certificateAtOrAbove(height(1)))?.height).toBe(1)
    expect((await open(medium)).head()).toEqual(store.head())
  })

  it('puts appends that do not wait for each other in their order', async () => {
    const store = await open(createMemoryMedium())
    await Promise.all(chain.blocks.map((each) => store.appendFinalized(each.block, each.certificate, each.execution)))
    expect(store.head().height).toBe(24)
  })

  it('takes a range in one batch: all of it or nothing, known blocks left as they are', async () => {
    const medium = createMemoryMedium()
    const store = await open(medium)
    await append(store, 1, 2, 9)
    const forked = createSampleChain({ length: 6, transactionSizeBytes: 9 }).blocks[4] as SampleBlock
    await expect(store.appendFinalizedRange([blockAt(3), blockAt(4), forked])).rejects.toMatchObject({
      code: 'CHAIN_CONFLICT',
      data: { height: 5 },
    })
    expect(store.head().height).toBe(2)
    expect(await store.blockByHeight(height(3))).toBeUndefined()
    const range = [1, 2, 3, 4].map(blockAt)
    await store.appendFinalizedRange([...range, { ...blockAt(5), certificate: undefined }])
    for (const each of [store, await open(medium)]) {
      expect(each.head()).toMatchObject({ height: 5, certifiedHeight: 4, hash: blockAt(5).block.hash })
      expect(await each.blockByHeight(height(5))).toEqual(blockAt(5).block)
      expect((await each.certificateAtOrAbove(height(1)))?.height).toBe(1)
    }
    const one = await open(createMemoryMedium())
    await append(one, 1, 5)
    await store.appendFinalizedRange([blockAt(5)])
    expect(store.head()).toEqual(one.head())
  })

  it('refuses a conflicting block with the evidence, and stays usable', async () => {
    const store = await open(createMemoryMedium())
    await append(store, 1, 2)
    const forked = createSampleChain({ length: 3, transactionSizeBytes: 9 }).blocks
    for (const at of [2, 3]) {
      const { block, certificate, execution } = forked[at - 1] as SampleBlock
      await expect(store.appendFinalized(block, certificate, execution)).rejects.toMatchObject({
        code: 'CHAIN_CONFLICT',
        data: { height: at, certificate },
      })
    }
    const { block, execution } = blockAt(4)
    await expect(store.appendFinalized(block, undefined, execution)).rejects.toThrow('appended in order')
    await append(store, 3, 4)
    expect(store.head().height).toBe(4)
  })

  it('refuses another chain’s store', async () => {
    const medium = createMemoryMedium()
    await append(await open(medium), 1, 2)
    await expect(
      openChainStore(createMemoryStore(medium), { ...options, genesis: other.genesis }),
    ).rejects.toMatchObject({
      code: 'GENESIS_MISMATCH',
      data: { found: chain.genesis.hash, expected: other.genesis.hash },
    })
  })

  it('refuses a store whose certificate does not verify', async () => {
    const medium = createMemoryMedium()
    await append(await open(medium), 1, 2)
    const verifyFinalization = () => reject('CERTIFICATE_BELOW_QUORUM')
    await expect(openChainStore(createMemoryStore(medium), { ...options, verifyFinalization })).rejects.toMatchObject({
      code: 'CHAIN_STORE_CORRUPT',
      message: expect.stringContaining('CERTIFICATE_BELOW_QUORUM'),
    })
  })
})

describe('a chain store after faults', () => {
  it('loses nothing acknowledged when power fails', async () => {
    const medium = createMemoryMedium()
    const store = await open(medium)
    for (let at = 1; at <= 6; at++) {
      await append(store, at, at, 2)
      medium.crash()
      expect((await open(medium)).head()).toEqual(store.head())
    }
  })

  it('is whole after a batch that failed, and goes on', async () => {
    const medium = createMemoryMedium()
    let failing = false
    const inner = createMemoryStore(medium)
    const batch: KeyValueStore['batch'] = async (operations: readonly BatchOperation[], batchOptions) => {
      if (failing) throw new CodedError('STORE_FULL', 'no space left')
      await inner.batch(operations, batchOptions)
    }
    const store = await openChainStore({ ...inner, batch }, options)
    await append(store, 1, 2)
    failing = true
    await expect(append(store, 3, 3)).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(store.head().height).toBe(2)
    expect((await open(medium)).head().height).toBe(2)
    failing = false
    await append(store, 3, 5)
    expect((await open(medium)).head().height).toBe(5)
  })

  it('is refused, or still right, with any value of head, genesis or the newest blocks lost or damaged', async () => {
    const medium = createMemoryMedium()
    await append(await open(medium), 1, 5, 3)
    const tables = new Map<number, number>()
    for (const [key, value] of medium.values) {
      const table = key.charCodeAt(0)
      const isNewest = key.endsWith('\x05') || key.endsWith('\x04') || key.endsWith('\x03')
      const isChecked = table < 0x10 || (isNewest && (table === 0x10 || table === 0x12))
      if (!isChecked) continue
      tables.set(table, (tables.get(table) ?? 0) + 1)
      const flipped = value.map((byte, index) => (index === value.length >> 1 ? byte ^ 1 : byte))
      for (const damaged of [undefined, new Uint8Array(0), value.subarray(1), flipped]) {
        const copy = createMemoryMedium()
        for (const [each, content] of medium.values) copy.values.set(each, content)
        if (damaged === undefined) copy.values.delete(key)
        else copy.values.set(key, damaged)
        await expect(open(copy), `table ${table}`).rejects.toMatchObject({
          code: expect.stringMatching(/^(CHAIN_STORE_CORRUPT|GENESIS_MISMATCH)$/),
        })
      }
    }
    expect([...tables]).toEqual([
      [0x01, 1],
      [0x02, 1],
      [0x10, 3],
      [0x12, 1],
    ])
  })

  it('says so when an older block is damaged, at the time it is read', async () => {
    const medium = createMemoryMedium()
    await append(await open(medium), 1, 3)
    const key = [...medium.values.keys()].find((each) => each.charCodeAt(0) === 0x10 && each.endsWith('\x01')) as string
    medium.values.set(key, Uint8Array.of(1))
    await expect((await open(medium)).blockByHeight(height(1))).rejects.toMatchObject({ code: 'CHAIN_STORE_CORRUPT' })
  })
})

describe('logHeights', () => {
  const all = { first: height(1), last: height(24), addresses: [], topics: [], heightsMax: 100 }
  const multiples = (divisor: number): number[] =>
    Array.from({ length: 24 }, (_, index) => index + 1).filter((at) => at % divisor === 0)

  it('finds blocks by address and topic, and only what the index knows', async () => {
    const store = await open(createMemoryMedium())
    await append(store, 1, 24)
    const find = (query: object): Promise<readonly number[]> => store.logHeights({ ...all, ...query })
    expect(await find({ addresses: [sampleAddress(5)] })).toEqual(multiples(5))
    expect(await find({ addresses: [sampleAddress(9)] })).toEqual([])
    expect(await find({ topics: [[sampleTopic(3)]] })).toEqual(multiples(3))
    expect(await find({ topics: [[], [sampleTopic(7), sampleTopic(4)]] })).toEqual([4, 7])
    expect(await find({ topics: [[sampleTopic(7)]] })).toEqual([])
    expect(await find({ addresses: [sampleAddress(2)], topics: [[sampleTopic(3)]] })).toEqual(multiples(6))
    const either = { addresses: [sampleAddress(3), sampleAddress(5)] }
    expect(await find(either)).toEqual([3, 5, 6, 9, 10, 12, 15, 18, 20, 21, 24])
    expect(await find({ ...either, first: height(6), last: height(12) })).toEqual([6, 9, 10, 12])
    expect(await find({ ...either, heightsMax: 3 })).toEqual([3, 5, 6])
    expect(await find({ first: height(20) })).toEqual([20, 21, 22, 23, 24])
    expect(await find({ first: height(0), heightsMax: 2 })).toEqual([0, 1])
    expect(await find({ first: height(9), last: height(8) })).toEqual([])
  })
})
