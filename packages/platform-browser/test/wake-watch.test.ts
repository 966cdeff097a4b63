import { expect, test } from 'vitest'
import {
  RTC_BURST_MAX,
  RTC_CONNECTIONS_MAX,
  RTC_REFILL_MS,
  SLEEP_GAP_MS,
  WAKE_CHECK_INTERVAL_MS,
} from '../src/limits.ts'
import { createRtcBudget } from '../src/rtc-budget.ts'
import { startWakeWatch } from '../src/wake-watch.ts'

function setup() {
  let nowMs = 1_000_000
  let next: (() => void) | undefined
  const reasons: string[] = []
  const scope = new EventTarget()
  const watch = startWakeWatch((reason) => void reasons.push(reason), {
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    timers: {
      after: (_delayMs, callback) => {
        next = callback
        return { cancel: () => (next = undefined) }
      },
    },
    scope,
  })
  const tick = (byMs: number): void => {
    nowMs += byMs
    next?.()
  }
  return { watch, reasons, scope, tick }
}

test('a gap between two looks is a sleep, the usual pace is none, a clock set back is a jump', () => {
  const { reasons, tick } = setup()
  for (let times = 0; times < 10; times++) tick(WAKE_CHECK_INTERVAL_MS + 50)
  expect(reasons).toEqual([])
  tick(SLEEP_GAP_MS + 1)
  tick(WAKE_CHECK_INTERVAL_MS)
  expect(reasons).toEqual(['slept'])
  tick(-600_000)
  expect(reasons).toEqual(['slept', 'slept'])
})

test('a network that is back wakes at once; a stopped watch says nothing more', () => {
  const { watch, reasons, scope, tick } = setup()
  scope.dispatchEvent(new Event('online'))
  expect(reasons).toEqual(['online'])
  watch.stop()
  scope.dispatchEvent(new Event('online'))
  tick(SLEEP_GAP_MS + 1)
  expect(reasons).toEqual(['online'])
})

test('peer connections are bounded at once and in pace', () => {
  let nowMs = 0
  const budget = createRtcBudget(() => nowMs)
  expect(budget.take(RTC_CONNECTIONS_MAX)).toBe(false)
  for (let taken = 0; taken < RTC_BURST_MAX; taken++) expect(budget.take(0)).toBe(true)
  expect(budget.take(0)).toBe(false)
  nowMs += RTC_REFILL_MS
  expect(budget.take(0)).toBe(true)
  expect(budget.take(0)).toBe(false)
})
