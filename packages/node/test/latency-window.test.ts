import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLatencyWindow, quantile } from '../src/latency-window.ts'

describe('quantile', () => {
  it('is the nearest rank', () => {
    expect(quantile([], 0.5)).toBe(0)
    expect(quantile([7], 0.99)).toBe(7)
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2)
    expect(quantile([1, 2, 3, 4], 0)).toBe(1)
    expect(quantile([1, 2, 3, 4], 1)).toBe(4)
  })
})

describe('a latency window', () => {
  it('keeps the newest samples and counts all', () => {
    const window = createLatencyWindow(3)
    expect(window.quantiles()).toEqual({ count: 0, p50: 0, p99: 0 })
    for (const value of [100, 100, 1, 2, 3]) window.add(value)
    expect(window.quantiles()).toEqual({ count: 5, p50: 2, p99: 3 })
  })

  it('agrees with sorting its last samples', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000)), fc.integer({ min: 1, max: 20 }), (values, sizeMax) => {
        const window = createLatencyWindow(sizeMax)
        for (const value of values) window.add(value)
        const sorted = values.slice(-sizeMax).toSorted((a, b) => a - b)
        expect(window.quantiles().p50).toBe(quantile(sorted, 0.5))
        expect(window.quantiles().p99).toBe(quantile(sorted, 0.99))
      }),
      { seed: 1 },
    )
  })
})
