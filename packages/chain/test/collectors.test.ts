import { expect, it } from 'vitest'
import { epoch, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { createCollectorSchedule, createValidatorSet } from '../src/index.ts'
import type { CollectorSchedule } from '../src/index.ts'
import { hashOf, sampleValidators } from './fixtures.ts'

const seed = '0xd04e90b7d26cf242195554145bc9124e90ffb93d170b61282c2522f5b18dd3f1' as Hash
const equal = (count: number): readonly bigint[] => Array.from({ length: count }, () => 1n)
const scheduleOf = (weights: readonly bigint[], count: number, of: Hash = seed): CollectorSchedule =>
  createCollectorSchedule(createValidatorSet(epoch(0), sampleValidators(weights), of), count)

it('is pinned, differs by view and by seed, and names nobody twice', () => {
  const schedule = scheduleOf(equal(100), 8)
  expect(schedule(view(1))).toEqual([35, 26, 31, 65, 76, 32, 18, 69])
  expect(schedule(view(2))).not.toEqual(schedule(view(1)))
  expect(scheduleOf(equal(100), 8, hashOf(9))(view(1))).not.toEqual(schedule(view(1)))
  for (let at = 1; at < 500; at++) expect(new Set(schedule(view(at))).size).toBe(8)
})

it('draws in proportion to weight', () => {
  const schedule = scheduleOf([...equal(98), 10n, 10n], 1)
  let heavy = 0
  for (let at = 1; at <= 4_000; at++) if ((schedule(view(at))[0] ?? 0) >= 98) heavy++
  // 20 of 118: 678 of 4 000, with a deviation of 24.
  expect(Math.abs(heavy - 678)).toBeLessThan(120)
})

it('ends where few weigh nearly everything, or are all there are', () => {
  expect(scheduleOf([1n << 60n, 1n, 1n], 3)(view(1))).toHaveLength(1)
  expect(scheduleOf(equal(2), 8)(view(1)).toSorted((a, b) => a - b)).toEqual([0, 1])
})
