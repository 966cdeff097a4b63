import type { Hash } from '@cairn/primitives'
import { type SampleBlock, createSampleChain } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import type { CommittedBlock } from '../src/committer.ts'
import { createFinalityMeter } from '../src/finality-meter.ts'
import { LATENCY_TRACKED_MAX } from '../src/limits.ts'
import { NO_METRICS, createFakeTime } from './fake-time.ts'

const chain = createSampleChain({ length: 3 })
const committedAt = (at: number, by = at): CommittedBlock => {
  const { block, execution } = chain.blocks[at - 1] as SampleBlock
  return { block, execution, finalization: (chain.blocks[by - 1] as SampleBlock).certificate }
}
const transactionAt = (at: number): Hash => chain.blocks[at - 1]?.execution.transactions[0]?.hash as Hash

describe('the finality meter', () => {
  it('measures a block from its proposal to its certificate, a transaction from acceptance to commit', async () => {
    const { block } = committedAt(1)
    const time = createFakeTime(block.header.timeMs)
    const meter = createFinalityMeter(time.clock, NO_METRICS)
    meter.onAccepted(transactionAt(1))
    await time.advance(40)
    meter.onFinalized(block.hash)
    await time.advance(10)
    expect(meter.onCommitted(committedAt(1))).toEqual({
      height: 1,
      stateRoot: block.header.stateRoot,
      finalityMs: 40,
      transactionCount: 1,
      transactionFinalityMs: [50],
    })
    expect(meter.blocks()).toEqual({ count: 1, p50: 40, p99: 40 })
    expect(meter.transactions()).toEqual({ count: 1, p50: 50, p99: 50 })
    expect(meter.transactionCount()).toBe(1)
  })

  it('counts ancestors up to their descendant’s certificate', async () => {
    const time = createFakeTime(committedAt(2).block.header.timeMs)
    const meter = createFinalityMeter(time.clock, NO_METRICS)
    await time.advance(9)
    meter.onFinalized(committedAt(2).block.hash)
    expect(meter.onCommitted(committedAt(1, 2)).finalityMs).toBe(10)
    expect(meter.onCommitted(committedAt(2)).finalityMs).toBe(9)
  })

  it('has no finality for what sync brought, nor a negative one for a leader whose clock is ahead', () => {
    const meter = createFinalityMeter(createFakeTime(0).clock, NO_METRICS)
    expect(meter.onCommitted(committedAt(1)).finalityMs).toBeUndefined()
    expect(meter.blocks().count).toBe(0)
    meter.onFinalized(committedAt(2).block.hash)
    expect(meter.onCommitted(committedAt(2)).finalityMs).toBe(0)
  })

  it('goes on measuring after many accepted transactions that never became final', () => {
    const meter = createFinalityMeter(createFakeTime().clock, NO_METRICS)
    for (let index = 0; index < LATENCY_TRACKED_MAX; index++) meter.onAccepted(`0x${index.toString(16)}` as Hash)
    meter.onAccepted(transactionAt(1))
    expect(meter.onCommitted(committedAt(1)).transactionFinalityMs).toHaveLength(1)
  })
})
