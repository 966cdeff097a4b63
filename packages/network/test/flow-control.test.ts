import { expect, test } from 'vitest'
import { createSlots } from '../src/slots.ts'
import { createTokenBuckets } from '../src/token-buckets.ts'
import { createFakeTime } from './fake-time.ts'

const never = new AbortController().signal

test('slots: two hold, the third waits its turn, the fourth finds the queue full', async () => {
  const slots = createSlots({ max: 2, waitingMax: 1 })
  const first = await slots.acquire('a', never)
  await slots.acquire('a', never)
  let third = false
  const waiting = slots.acquire('a', never).then((release) => {
    third = true
    return release
  })
  expect(await slots.acquire('a', never)).toBeUndefined()
  expect(await slots.acquire('b', never)).toBeDefined()
  expect(third).toBe(false)
  first?.()
  first?.()
  const release = await waiting
  expect(third).toBe(true)
  release?.()
  expect(await slots.acquire('a', never)).toBeDefined()
})

test('slots: an aborted waiter leaves the queue', async () => {
  const slots = createSlots({ max: 1, waitingMax: 2 })
  const held = await slots.acquire('a', never)
  const controller = new AbortController()
  const waiting = slots.acquire('a', controller.signal)
  controller.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  held?.()
  expect(await slots.acquire('a', never)).toBeDefined()
})

test('token buckets: a burst, then the refill rate; forgotten keys start full', async () => {
  const time = createFakeTime()
  const buckets = createTokenBuckets({ capacity: 3, refillPerSecond: 2, keysMax: 2 }, time)
  expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([true, true, true, false])
  expect(buckets.delayMs('a')).toBe(500)
  await time.advance(500)
  expect([buckets.take('a'), buckets.take('a')]).toEqual([true, false])
  buckets.take('b')
  buckets.take('c')
  expect(buckets.take('a')).toBe(true)
})
