/** A clock and timers that move when told, promises that settle when told, and a log that keeps what it was told. */
import type { Clock, Log, Metrics, TimerHandle, Timers } from '@cairn/ports'

export interface FakeTime {
  readonly clock: Clock
  readonly timers: Timers
  /** Runs due timers in their order, letting promises settle after each. */
  advance(byMs: number): Promise<void>
  readonly pendingCount: number
}

export function createFakeTime(startMs = 1_000): FakeTime {
  let nowMs = startMs
  let pending: readonly { readonly atMs: number; readonly callback: () => void }[] = []
  return {
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    timers: {
      after(delayMs, callback): TimerHandle {
        const entry = { atMs: nowMs + delayMs, callback }
        pending = [...pending, entry]
        return { cancel: () => void (pending = pending.filter((one) => one !== entry)) }
      },
    },
    get pendingCount() {
      return pending.length
    },
    advance: async (byMs) => {
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

/** Everything under test is promises without timers: enough turns end it all. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3_000; turn++) await Promise.resolve()
}

export interface KeptLog extends Log {
  /** `level message`, oldest first. */
  readonly lines: readonly string[]
}

export function createKeptLog(): KeptLog {
  const lines: string[] = []
  const keep =
    (level: string) =>
    (message: string): void =>
      void lines.push(`${level} ${message}`)
  const log: KeptLog = {
    lines,
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: () => log,
  }
  return log
}

export const NO_METRICS: Metrics = { count: () => {}, gauge: () => {}, observe: () => {} }
