/**
 * After a sleep, a freeze or a jump of the clock this node is in the past: its timers have all run out, its peers are
 * somewhere else, and what it would vote for is decided. So it votes for nothing until it had time to reconnect and to
 * hear (the standstill of R9 runs at once and asks). The same silence goes with leaving. Never a matter of safety.
 */
import { SILENCE_MS, SLEEP_GAP_MS } from './limits.ts'
import type { Core } from './state.ts'

/** Once for each step, before the rules. There is a timer every two seconds (R9), so that a long gap is no quiet time. */
export function watchSleep(core: Core): void {
  const { run, now, state } = core
  const { lastStep } = run
  run.lastStep = now
  if (lastStep !== undefined) {
    const gapMs = now.monotonicMs - lastStep.monotonicMs
    // A suspended machine may stop the monotonic clock and not the other one.
    const jumpMs = Math.abs(now.wallMs - lastStep.wallMs)
    if (Math.max(gapMs, jumpMs) > SLEEP_GAP_MS) fallSilent(core)
  }
  if (run.silentUntilMs === undefined || now.monotonicMs < run.silentUntilMs) return
  run.silentUntilMs = undefined
  state.isDirty = true
}

export function fallSilent({ run, now }: Core): void {
  run.silentUntilMs = now.monotonicMs + SILENCE_MS
  // The first vote after it is for everybody: they wait for a sign.
  run.shownAtMs = Number.NEGATIVE_INFINITY
}
