/** A clock and timers that only move when told. */
import type { Clock, TimerHandle, Timers } from '@cairn/ports'

export interface FakeTime {
  readonly clock: Clock
  readonly timers: Timers
  /** Runs due timers in order, letting promises settle after each. */
  advance(byMs: number): Promise<void>
  /** Delays of the pending timers, soonest first. */
  pendingMs(): readonly number[]
}

export function createFakeTime(): FakeTime {
  let nowMs = 1_000
  let pending: { readonly atMs: number; readonly callback: () => void }[] = []
  return {
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    timers: {
      after(delayMs, callback): TimerHandle {
        const entry = { atMs: nowMs + delayMs, callback }
        pending.push(entry)
        return { cancel: () => void (pending = pending.filter((one) => one !== entry)) }
      },
    },
    pendingMs: () => pending.map((one) => one.atMs - nowMs).toSorted((a, b) => a - b),
    async advance(byMs) {
      const untilMs = nowMs + byMs
      for (;;) {
        await settle()
        const next = pending.toSorted((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined || next.atMs > untilMs) break
        pending = pending.filter((one) => one !== next)
        nowMs = Math.max(nowMs, next.atMs)
        next.callback()
      }
      nowMs = untilMs
      await settle()
    },
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
