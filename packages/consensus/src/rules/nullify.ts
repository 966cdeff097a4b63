/** R5: give the current view up. Never together with an own finalize vote of it. */
import { hasLeft, isInactive } from '../activity.ts'
import { requestNullify } from '../request-signature.ts'
import { isVoter, recordOf } from '../state.ts'
import type { Core, ViewRecord } from '../state.ts'
import { hasVerified, verifyAlone } from '../tally.ts'

/** R8: tl = 0.1 · T0 for an inactive leader. */
const INACTIVE_FACTOR = 0.1

/** `true` when a vote was asked for. */
export function nullify(core: Core): boolean {
  const { state } = core
  if (!isVoter(core, state.view)) return false
  const record = recordOf(state, state.view)
  if (record.own.nullify || record.own.finalize !== undefined) return false
  const why = whyHopeless(core, record)
  if (why === undefined) return false
  const leader = core.leaderOf(state.view)
  if (why === 'timer') core.activity.timedOut[leader] = (core.activity.timedOut[leader] ?? 0) + 1
  requestNullify(core, record)
  return true
}

/** Monotonic times of the two timeouts of the current view. */
export function viewDeadlines(core: Core): { readonly leaderMs: number; readonly advanceMs: number } {
  const { state, options, leaderOf } = core
  const { enteredAtMs, leaderTimeoutMs, advanceTimeoutMs, pendingSinceMs } = state.timers
  // While our own mempool is empty the leader may be idle by right until the heartbeat.
  const idleEndMs = enteredAtMs + options.spec.timing.heartbeatMs
  const startMs = Math.min(idleEndMs, Math.max(enteredAtMs, pendingSinceMs ?? idleEndMs))
  const waitMs = isInactive(core, leaderOf(state.view))
    ? INACTIVE_FACTOR * options.spec.timing.leaderTimeoutMs
    : leaderTimeoutMs
  return { leaderMs: startMs + waitMs, advanceMs: startMs + advanceTimeoutMs }
}

function whyHopeless(core: Core, record: ViewRecord): 'timer' | 'leader' | undefined {
  const { state, now } = core
  const { leaderMs, advanceMs } = viewDeadlines(core)
  const [proposal] = record.proposals
  const leader = core.leaderOf(state.view)
  const entry = proposal && state.blocks.get(proposal.block.hash)
  if (entry?.status === 'bad' || entry?.repeatsEvidence === true) return 'leader'
  if (record.isLeaderEquivocating) return 'leader'
  if (proposal === undefined && hasLeft(core, leader)) return 'leader'
  if (now.monotonicMs >= advanceMs) return 'timer'
  // R3 abstains from a block from the future. One that it must abstain from until ta is as good as none: wait tl for it.
  const isOfNoUse = (state.timers.clockWaitUntilMs ?? 0) >= advanceMs
  if ((proposal === undefined || isOfNoUse) && now.monotonicMs >= leaderMs) return 'timer'
  if (hasVerified(record, 'nullify', leader)) return 'leader'
  verifyAlone(core, record, 'nullify', leader)
  return undefined
}
