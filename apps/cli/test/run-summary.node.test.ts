import { describe, expect, it } from 'vitest'
import { createRunCollector } from '../src/localnet/run-summary.ts'
import { measureAt, rootOf } from './sample-reports.ts'

/** Every validator reports heights 1 to its own. */
function collect(heights: readonly number[]) {
  const collector = createRunCollector(heights.length)
  for (const [index, reached] of heights.entries()) {
    for (let at = 1; at <= reached; at++) collector.add(index, measureAt(at))
  }
  return collector
}

describe('a run summary', () => {
  it('is about the height that every validator has reached', () => {
    const collector = collect([5, 3, 4])
    expect(collector.commonHeight()).toBe(3)
    expect(collector.summary()).toMatchObject({ height: 3, stateRoot: rootOf(3), rootsIdentical: true })
  })

  it('says so when one root differs at any common height, not above', () => {
    const below = collect([5, 3, 4])
    below.add(2, measureAt(2, { stateRoot: rootOf(99) }))
    expect(below.summary().rootsIdentical).toBe(false)
    const above = collect([5, 3, 4])
    above.add(2, measureAt(4, { stateRoot: rootOf(99) }))
    expect(above.summary().rootsIdentical).toBe(true)
  })

  it('claims nothing without reports from everybody', () => {
    expect(collect([4, 0]).summary()).toMatchObject({ height: 0, stateRoot: '', rootsIdentical: false })
    expect(collect([]).summary().rootsIdentical).toBe(false)
  })

  it('compares what was reported in this run: a validator may have begun later', () => {
    const collector = createRunCollector(2)
    for (const at of [1, 2, 3]) collector.add(0, measureAt(at))
    collector.add(1, measureAt(3))
    expect(collector.summary()).toMatchObject({ height: 3, rootsIdentical: true })
  })

  it('has quantiles over all validators, rounded to a tenth, without blocks that sync brought', () => {
    const collector = createRunCollector(2)
    collector.add(0, measureAt(1, { finalityMs: 10.26, transactionFinalityMs: [50, 70], transactionCount: 2 }))
    collector.add(1, measureAt(1, { finalityMs: 20 }))
    collector.add(1, measureAt(2, { finalityMs: undefined }))
    expect(collector.summary()).toMatchObject({ finalityMsP50: 10.3, finalityMsP99: 20, txFinalityMsP50: 50 })
    expect(createRunCollector(1).summary()).toMatchObject({ finalityMsP50: 0, txFinalityMsP50: 0, txPerSecond: 0 })
  })
})
