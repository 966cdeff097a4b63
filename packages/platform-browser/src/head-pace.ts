/** When a light tab asks for the newest head: steadily, and soon after it has heard of a finalization, but not more often than it is read. */
import type { Clock, TimerHandle, Timers } from '@cairn/ports'
import { HEAD_INTERVAL_MS, HEAD_PAUSE_MS, HEAD_SOON_MS } from './limits.ts'

export interface HeadPace {
  /** From now on steadily. */
  start(): void
  /** What was finalized is committed at the peers a little later; a burst of certificates is one question. */
  soon(): void
  now(): void
}

/** `ask` runs once at a time; it never rejects. */
export function createHeadPace(
  ask: () => Promise<void>,
  { clock, timers }: { readonly clock: Clock; readonly timers: Timers },
): HeadPace {
  let askedAtMs = -HEAD_INTERVAL_MS
  let isAsking = false
  let timer: TimerHandle | undefined
  const sinceMs = (): number => clock.monotonicMs() - askedAtMs
  const now = (): void => {
    if (isAsking) return
    isAsking = true
    askedAtMs = clock.monotonicMs()
    void ask().finally(() => {
      isAsking = false
    })
  }
  const again = (): void => {
    timers.after(HEAD_INTERVAL_MS, again)
    if (sinceMs() >= HEAD_INTERVAL_MS) now()
  }
  return {
    start: again,
    now,
    soon() {
      timer ??= timers.after(Math.max(HEAD_SOON_MS, HEAD_PAUSE_MS - sinceMs()), () => {
        timer = undefined
        now()
      })
    },
  }
}
