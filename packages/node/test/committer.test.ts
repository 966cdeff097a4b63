import { createMemoryMedium, createMemoryStore, openChainStore } from '@cairn/storage'
import { type SampleBlock, createSampleChain, verifySampleFinalization } from '@cairn/testing/contracts'
import { describe, expect, it, vi } from 'vitest'
import { type CommittedBlock, createCommitter, replayToHead } from '../src/committer.ts'
import { executeRequestFor } from '../src/execute-request.ts'
import { COMMIT_GROUP_BLOCKS } from '../src/limits.ts'
import { createKeptLog } from './fake-time.ts'
import { createSampleExecutor } from './sample-executor.ts'

const chain = createSampleChain({ length: 20 })
const sampleAt = (at: number): SampleBlock => chain.blocks[at - 1] as SampleBlock
const heightsOf = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const blocksOf = (from: number, to: number) => chain.blocks.slice(from - 1, to).map(({ block }) => block)

async function start(medium = createMemoryMedium()) {
  const calls: string[] = []
  const executor = createSampleExecutor(chain, calls)
  const options = { genesis: chain.genesis, verifyFinalization: verifySampleFinalization }
  const stored = await openChainStore(createMemoryStore(medium), options)
  const chainStore: typeof stored = {
    ...stored,
    appendFinalizedRange: async (finalized) => {
      await stored.appendFinalizedRange(finalized)
      calls.push(`append ${finalized.map(({ block }) => block.header.height).join(' ')}`)
    },
  }
  const committed: CommittedBlock[] = []
  const fatal: unknown[] = []
  const committer = createCommitter({
    executor,
    chainStore,
    epochs: { advance: async () => undefined as never },
    onCommitted: (one) => void committed.push(one),
    onFatal: (error) => void fatal.push(error),
  })
  return { medium, executor, chainStore, stored, committer, committed, fatal, calls }
}

describe('the committer', () => {
  it('writes each block to the chain store, then to the state, then tells', async () => {
    const { executor, committer, committed, calls, stored, fatal } = await start()
    for (const block of blocksOf(1, 2)) await executor.execute(executeRequestFor(block))
    calls.length = 0
    await committer.commit(blocksOf(1, 2), sampleAt(2).certificate)
    expect(calls).toEqual(['append 1', 'commit 1', 'append 2', 'commit 2'])
    expect(committed.map(({ block }) => block.header.height)).toEqual([1, 2])
    expect(committed.map(({ finalization }) => finalization)).toEqual([
      sampleAt(2).certificate,
      sampleAt(2).certificate,
    ])
    // Only the last block has a certificate of its own.
    expect(stored.head()).toMatchObject({ height: 2, certifiedHeight: 2 })
    expect((await stored.certificateAtOrAbove(sampleAt(1).block.header.height))?.height).toBe(2)
    expect(fatal).toEqual([])
  })

  it('executes what sync brings before it commits it, one call after the other', async () => {
    const { committer, calls, executor } = await start()
    const first = committer.executeAndCommit(blocksOf(1, 2), sampleAt(2).certificate)
    const second = committer.executeAndCommit(blocksOf(3, 3), sampleAt(3).certificate)
    await committer.settled()
    await Promise.all([first, second])
    expect(calls).toEqual([
      'execute 1',
      'execute 2',
      'append 1 2',
      'commit 1',
      'commit 2',
      'execute 3',
      'append 3',
      'commit 3',
    ])
    expect(executor.head().height).toBe(3)
  })

  it('stores a long range in groups, and executes the next group while one is written', async () => {
    const { committer, calls, chainStore, stored, fatal } = await start()
    const range = heightsOf(1, 20)
    const groups = [range.slice(0, 8), range.slice(8, 16), range.slice(16)]
    expect(COMMIT_GROUP_BLOCKS).toBe(8)
    const written = Promise.withResolvers<void>()
    chainStore.appendFinalizedRange = async (finalized) => {
      calls.push(`append ${finalized.map(({ block }) => block.header.height).join(' ')}`)
      if (finalized[0]?.block.header.height === 1) await written.promise
      await stored.appendFinalizedRange(finalized)
    }
    const done = committer.executeAndCommit(blocksOf(1, 20), sampleAt(20).certificate)
    const executed = (heights: readonly number[]) => heights.map((at) => `execute ${at}`)
    const beforeWritten = [...executed(groups[0] ?? []), `append ${groups[0]?.join(' ')}`, ...executed(groups[1] ?? [])]
    await vi.waitFor(() => expect(calls).toHaveLength(beforeWritten.length))
    expect(calls.toSorted()).toEqual(beforeWritten.toSorted())
    written.resolve()
    await done
    expect(calls.filter((call) => call.startsWith('append'))).toEqual(
      groups.map((group) => `append ${group.join(' ')}`),
    )
    expect(calls.filter((call) => call.startsWith('commit'))).toEqual(range.map((at) => `commit ${at}`))
    expect(stored.head()).toMatchObject({ height: 20, certifiedHeight: 20 })
    expect(fatal).toEqual([])
  })

  it('keeps what executed before a block that does not, also while an earlier group is written', async () => {
    const { committer, executor, stored, fatal } = await start()
    executor.refused.add(sampleAt(12).block.hash)
    await expect(committer.executeAndCommit(blocksOf(1, 20), sampleAt(20).certificate)).rejects.toMatchObject({
      code: 'FINALIZED_BLOCK_INVALID',
      data: { height: 12 },
    })
    expect(stored.head().height).toBe(11)
    expect(executor.head().height).toBe(11)
    expect(fatal).toHaveLength(1)
  })

  it('takes the same blocks twice, from sync and from consensus, and tells once', async () => {
    const { committer, committed, calls } = await start()
    await committer.executeAndCommit(blocksOf(1, 3), sampleAt(3).certificate)
    const before = calls.length
    await committer.executeAndCommit(blocksOf(1, 3), sampleAt(3).certificate)
    await committer.commit(blocksOf(2, 3), sampleAt(3).certificate)
    expect(calls).toHaveLength(before)
    expect(committed).toHaveLength(3)
  })

  it('stops at a finalized block that does not execute here, and writes nothing of it or after it', async () => {
    const { committer, executor, stored, fatal } = await start()
    executor.refused.add(sampleAt(2).block.hash)
    await expect(committer.executeAndCommit(blocksOf(1, 3), sampleAt(3).certificate)).rejects.toMatchObject({
      code: 'FINALIZED_BLOCK_INVALID',
      data: { height: 2, hash: sampleAt(2).block.hash, code: 'STATE_ROOT_MISMATCH' },
    })
    await expect(committer.executeAndCommit(blocksOf(3, 3), sampleAt(3).certificate)).rejects.toThrow()
    expect(fatal[0]).toMatchObject({ code: 'FINALIZED_BLOCK_INVALID' })
    expect(stored.head().height).toBe(1)
    expect(executor.head().height).toBe(1)
  })

  it('leaves the state behind, never ahead, when the chain store fails; settles for a clean stop', async () => {
    const { committer, executor, chainStore, fatal } = await start()
    chainStore.appendFinalizedRange = () => Promise.reject(new Error('disk full'))
    await expect(committer.executeAndCommit(blocksOf(1, 1), sampleAt(1).certificate)).rejects.toThrow('disk full')
    expect(executor.head().height).toBe(0)
    expect(fatal).toHaveLength(1)
    await expect(committer.settled()).resolves.toBeUndefined()
  })
})

describe('replayToHead', () => {
  /** The chain store got to 4, the state to `stateHeight`: what a crash in between leaves. */
  async function crashed(stateHeight: number) {
    const before = await start()
    await before.committer.executeAndCommit(blocksOf(1, 4), sampleAt(4).certificate)
    before.medium.crash()
    const after = await start(before.medium)
    after.executor.rewind(stateHeight)
    return after
  }

  it('executes and commits what the state lacks', async () => {
    const { executor, chainStore, calls } = await crashed(2)
    await replayToHead(executor, chainStore, createKeptLog())
    expect(calls).toEqual(['execute 3', 'commit 3', 'execute 4', 'commit 4'])
    expect(executor.head()).toMatchObject({ height: 4, blockHash: sampleAt(4).block.hash })
  })

  it('does nothing when both agree', async () => {
    const { executor, chainStore, calls } = await crashed(4)
    const log = createKeptLog()
    await replayToHead(executor, chainStore, log)
    expect([calls, log.lines]).toEqual([[], []])
  })

  it('refuses a state that is ahead, and a stored block that does not execute', async () => {
    const ahead = await start()
    ahead.executor.rewind(2)
    await expect(replayToHead(ahead.executor, ahead.chainStore, createKeptLog())).rejects.toMatchObject({
      code: 'STATE_AHEAD_OF_CHAIN',
    })
    const { executor, chainStore } = await crashed(1)
    executor.refused.add(sampleAt(3).block.hash)
    await expect(replayToHead(executor, chainStore, createKeptLog())).rejects.toMatchObject({
      code: 'CHAIN_STORE_CORRUPT',
      message: expect.stringContaining('STATE_ROOT_MISMATCH'),
    })
    expect(executor.head().height).toBe(2)
  })

  it('refuses a store with a hole', async () => {
    const { executor, chainStore } = await crashed(1)
    const holed = { ...chainStore, blockByHeight: async () => undefined }
    await expect(replayToHead(executor, holed, createKeptLog())).rejects.toMatchObject({ code: 'CHAIN_STORE_CORRUPT' })
  })
})
