/**
 * How many peer connections a page may open. Chromium allows about 500 per page and counts closed ones until they are
 * collected as garbage, so that both the living ones and the pace of new ones are bounded.
 */
import { RTC_BURST_MAX, RTC_CONNECTIONS_MAX, RTC_REFILL_MS } from './limits.ts'

export interface RtcBudget {
  /** Whether one more may be opened beside `living` ones. */
  take(living: number): boolean
}

/** `nowMs` is monotonic. */
export function createRtcBudget(nowMs: () => number): RtcBudget {
  let tokens: number = RTC_BURST_MAX
  let filledAtMs = nowMs()
  return {
    take(living) {
      const atMs = nowMs()
      tokens = Math.min(RTC_BURST_MAX, tokens + (atMs - filledAtMs) / RTC_REFILL_MS)
      filledAtMs = atMs
      if (living >= RTC_CONNECTIONS_MAX || tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
