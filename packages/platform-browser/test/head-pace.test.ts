import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { browserClock, browserTimers } from '../src/browser-ports.ts'
import { createHeadPace } from '../src/head-pace.ts'
import { HEAD_INTERVAL_MS, HEAD_PAUSE_MS, HEAD_SOON_MS } from '../src/limits.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function setup(ask: () => Promise<void>) {
  return createHeadPace(ask, { clock: browserClock, timers: browserTimers })
}

test('a head is asked for soon after a finalization, and however many follow at most once in a while', async () => {
  let asked = 0
  const pace = setup(async () => void (asked += 1))
  pace.soon()
  await vi.advanceTimersByTimeAsync(HEAD_SOON_MS)
  expect(asked).toBe(1)
  for (let count = 0; count < 40; count++) {
    pace.soon()
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(asked).toBe(1 + 4_000 / HEAD_PAUSE_MS)
})

test('without finalizations it is asked for steadily, and again only once there was an answer', async () => {
  let asked = 0
  const answer = Promise.withResolvers<void>()
  const pace = setup(async () => {
    asked += 1
    await answer.promise
  })
  pace.start()
  await vi.advanceTimersByTimeAsync(3 * HEAD_INTERVAL_MS)
  pace.now()
  expect(asked).toBe(1)
  answer.resolve()
  await vi.advanceTimersByTimeAsync(4 * HEAD_INTERVAL_MS)
  expect(asked).toBe(5)
})
