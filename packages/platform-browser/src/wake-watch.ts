/**
 * Notices that the world went on without this worker: the machine slept, the page was frozen, or the network changed.
 * Timers keep their pace in a hidden tab, so that a long gap between two of them is none of the browser's throttling.
 */
import type { Clock, Timers } from '@cairn/ports'
import { SLEEP_GAP_MS, WAKE_CHECK_INTERVAL_MS } from './limits.ts'

export interface WakeWatch {
  stop(): void
}

export type WakeReason = 'slept' | 'online'

/** `onWake` may be called several times for one sleep. */
export function startWakeWatch(
  onWake: (reason: WakeReason, gapMs: number) => void,
  deps: { readonly clock: Clock; readonly timers: Timers; readonly scope: EventTarget },
): WakeWatch {
  let lastMs = deps.clock.nowMs()
  let timer = deps.timers.after(WAKE_CHECK_INTERVAL_MS, check)
  function check(): void {
    const nowMs = deps.clock.nowMs()
    const gapMs = nowMs - lastMs
    lastMs = nowMs
    // A clock that was set back is a jump as well.
    if (Math.abs(gapMs) > SLEEP_GAP_MS) onWake('slept', gapMs)
    timer = deps.timers.after(WAKE_CHECK_INTERVAL_MS, check)
  }
  const onOnline = (): void => onWake('online', 0)
  deps.scope.addEventListener('online', onOnline)
  return {
    stop() {
      timer.cancel()
      deps.scope.removeEventListener('online', onOnline)
    },
  }
}
