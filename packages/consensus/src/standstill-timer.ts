/** R9's interval: 2 s ± 20 %, so that nodes that stand still together do not send together. */
import { STANDSTILL_MS } from './limits.ts'
import type { Core } from './state.ts'

/** Counts anew from now. */
export function scheduleStandstill({ state, now }: Core): void {
  state.timers.standstillAtMs = now.monotonicMs + STANDSTILL_MS * (0.8 + 0.4 * nextJitter(state))
}

/** In [0, 1); xorshift32. */
function nextJitter(state: Core['state']): number {
  let bits = state.jitter
  bits ^= bits << 13
  bits ^= bits >>> 17
  bits ^= bits << 5
  state.jitter = bits >>> 0
  return state.jitter / 2 ** 32
}
