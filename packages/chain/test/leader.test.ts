import fc from 'fast-check'
import { expect, it } from 'vitest'
import { epoch, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { createLeaderSchedule, createValidatorSet, leader } from '../src/index.ts'
import { hashOf, sampleValidators } from './fixtures.ts'

const seed = '0xd04e90b7d26cf242195554145bc9124e90ffb93d170b61282c2522f5b18dd3f1' as Hash

function countLeaders(weights: readonly bigint[], views: number): readonly number[] {
  const schedule = createLeaderSchedule(createValidatorSet(epoch(0), sampleValidators(weights), seed))
  const counts = weights.map(() => 0)
  for (let at = 1; at <= views; at++) {
    const index = schedule(view(at))
    counts[index] = (counts[index] ?? 0) + 1
  }
  return counts
}

it('is pinned: another implementation must give this schedule', () => {
  const set = createValidatorSet(epoch(0), sampleValidators([1n, 1n, 1n, 1n]), seed)
  const leaders = Array.from({ length: 16 }, (_, index) => leader(set, view(index + 1)))
  expect(leaders).toEqual([3, 0, 2, 3, 1, 2, 0, 1, 3, 1, 2, 0, 1, 3, 0, 2])
})

it('leads in proportion to weight, closely', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(1n, 100n), { minLength: 1, maxLength: 12 }), (weights) => {
      const views = 2_000
      const total = Number(weights.reduce((sum, weight) => sum + weight, 0n))
      for (const [index, count] of countLeaders(weights, views).entries()) {
        // A golden-ratio walk has discrepancy O(log n / n): far below random sampling.
        expect(Math.abs(count - (views * Number(weights[index])) / total)).toBeLessThan(12)
      }
    }),
    { seed: 1, numRuns: 50 },
  )
})

it('among equals nobody waits long', () => {
  const schedule = createLeaderSchedule(createValidatorSet(epoch(0), sampleValidators([1n, 1n, 1n, 1n]), seed))
  for (let from = 1; from < 500; from++) {
    const window = Array.from({ length: 8 }, (_, offset) => schedule(view(from + offset)))
    expect(new Set(window).size).toBe(4)
  }
})

it('needs no state, and works at the ends of the number range', () => {
  const huge = (1n << 64n) - 1n
  const set = createValidatorSet(epoch(0), sampleValidators(Array.from({ length: 100 }, () => huge)), seed)
  const last = leader(set, view(Number.MAX_SAFE_INTEGER))
  expect(last).toBeGreaterThanOrEqual(0)
  expect(last).toBeLessThan(100)
  expect(createLeaderSchedule(set)(view(77))).toBe(leader(set, view(77)))
})

it('is permuted by the seed', () => {
  const schedules = [0, 1, 2, 3].map((at) => {
    const set = createValidatorSet(epoch(0), sampleValidators([1n, 1n, 1n, 1n]), hashOf(at))
    const schedule = createLeaderSchedule(set)
    return Array.from({ length: 32 }, (_, index) => schedule(view(index + 1))).join()
  })
  expect(new Set(schedules).size).toBe(4)
})
