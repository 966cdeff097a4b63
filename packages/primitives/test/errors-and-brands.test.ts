import { expect, it } from 'vitest'
import { ACCEPT, AssertionError, CodedError, assert, epoch, height, ignore, reject, view } from '../src/index.ts'

it('brands safe non-negative integers only', () => {
  for (const brand of [height, view, epoch]) {
    expect(brand(0)).toBe(0)
    expect(brand(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER)
    for (const bad of [-1, 1.5, 2 ** 53, Number.NaN]) expect(() => brand(bad)).toThrow(RangeError)
  }
})

it('carries code, data and cause', () => {
  const cause = new Error('disk')
  const error = new CodedError('STATE_CORRUPT', 'cannot read', { data: { height: 7 }, cause })
  expect(error).toMatchObject({ name: 'CodedError', code: 'STATE_CORRUPT', data: { height: 7 }, cause })
  expect(new CodedError('X', 'plain').data).toEqual({})
  expect('cause' in new CodedError('X', 'plain')).toBe(false)
})

it('asserts and gives verdicts', () => {
  expect(() => assert(false, 'broken')).toThrow(AssertionError)
  expect(() => assert(1, 'fine')).not.toThrow()
  expect([ACCEPT, ignore('LATE'), reject('FORGED')]).toEqual([
    { verdict: 'accept' },
    { verdict: 'ignore', code: 'LATE' },
    { verdict: 'reject', code: 'FORGED' },
  ])
})
