/** R1: enter the highest view whose entry proof is complete locally. */
import type { View } from '@cairn/primitives'
import { highestBase } from '../justification.ts'
import { VIEW_WINDOW } from '../limits.ts'
import type { Core } from '../state.ts'

/** ta = 1.7 · tl: the proposal had its time, now the votes have theirs. */
const ADVANCE_FACTOR = 1.7
const BACK_OFF_STEP = 1.25
/** Views after the last finalization that are free of back-off: a pipelined view or two is normal. */
const BACK_OFF_FREE_VIEWS = 3

export function enterView(core: Core): void {
  const { state, now } = core
  // The highest base decides: a run of nullifications from a lower one that reaches further passes through it.
  let view = highestBase(state).view + 1
  while (state.views.get(view as View)?.certificates.nullify !== undefined) view++
  if (view <= state.view) return
  state.view = view as View
  state.timers.enteredAtMs = now.monotonicMs
  setTimeouts(core)
  state.timers.clockWaitUntilMs = undefined
  if (state.ownProposal !== undefined && state.ownProposal.view < view) state.ownProposal = undefined
  dropOldProposals(core)
}

/**
 * As of view and finalized view. Also when a finalization comes while the view is open: the first views after an outage
 * would otherwise wait for a silent leader as long as the last ones before its end.
 */
export function setTimeouts(core: Core): void {
  const { timers } = core.state
  timers.leaderTimeoutMs = core.options.spec.timing.leaderTimeoutMs * backOff(core)
  timers.advanceTimeoutMs = ADVANCE_FACTOR * timers.leaderTimeoutMs
}

/** b = min(1.25^max(0, v − finalized − 3), Tmax/T0). Repeated multiplication: `**` may differ between engines. */
function backOff({ state, options }: Core): number {
  const { leaderTimeoutMs, leaderTimeoutMaxMs } = options.spec.timing
  const cap = leaderTimeoutMaxMs / leaderTimeoutMs
  let factor = 1
  for (let late = state.view - state.finalizedView - BACK_OFF_FREE_VIEWS; late > 0 && factor < cap; late--) {
    factor *= BACK_OFF_STEP
  }
  return Math.max(1, Math.min(factor, cap))
}

/** Proposals that were not notarized within the window go; a late notarization fetches the block by its hash. */
function dropOldProposals({ state }: Core): void {
  for (const record of state.views.values()) {
    if (record.view >= state.view - VIEW_WINDOW || record.certificates.notarize !== undefined) continue
    for (const { block } of record.proposals) state.blocks.delete(block.hash)
    record.proposals.length = 0
  }
}
