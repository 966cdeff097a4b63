/** One timer serves all deadlines: it is set to the next one that a rule waits for. */
import { overdueTimes } from '../dissemination.ts'
import { executedHeader, highestBase } from '../justification.ts'
import { isVoter } from '../state.ts'
import type { Core } from '../state.ts'
import { viewDeadlines } from './nullify.ts'
import { idleUntilMs } from './propose.ts'

export function armTimer(core: Core): void {
  const { state, now, effects } = core
  let atMs = Number.POSITIVE_INFINITY
  for (const deadlineMs of deadlines(core)) if (deadlineMs > now.monotonicMs && deadlineMs < atMs) atMs = deadlineMs
  const { armedAtMs } = state.timers
  // An armed timer that fires too early is harmless and sets itself again; a new one each step is not.
  const isArmedInTime = armedAtMs !== undefined && armedAtMs > now.monotonicMs && armedAtMs <= atMs
  if (atMs === Number.POSITIVE_INFINITY || isArmedInTime) return
  state.timers.armedAtMs = atMs
  effects.push({ type: 'set-timer', atMs })
}

function deadlines(core: Core): readonly number[] {
  const { state, options, run } = core
  const { timers } = state
  const found = [timers.standstillAtMs]
  if (run.silentUntilMs !== undefined) found.push(run.silentUntilMs)
  else found.push(...overdueTimes(core))
  if (!isVoter(core, state.view)) return found
  if (timers.clockWaitUntilMs !== undefined) found.push(timers.clockWaitUntilMs)
  const record = state.views.get(state.view)
  if (record?.own.nullify !== true && record?.own.finalize === undefined) {
    const { leaderMs, advanceMs } = viewDeadlines(core)
    found.push(leaderMs, advanceMs)
  }
  if (core.leaderOf(state.view) === options.self && state.ownProposal === undefined) {
    const parent = executedHeader(state, highestBase(state, state.view).hash)
    const idleMs = parent && idleUntilMs(core, parent)
    if (idleMs !== undefined) found.push(idleMs)
  }
  return found
}
