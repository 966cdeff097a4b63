/** R9: without a new finalization, tell the peers all they need to follow, and look again at what got lost. */
import { leaderProposal } from '../own-proposal.ts'
import { scheduleStandstill } from '../standstill-timer.ts'
import type { Core } from '../state.ts'
import { statusOf } from '../status.ts'
import { addVote, retryAggregates } from '../tally.ts'

/** `true` when the interval had passed. Egress per interval: one Status, one Proposal, one request each. */
export function standstill(core: Core): boolean {
  const { state, options, now, effects } = core
  if (now.monotonicMs < state.timers.standstillAtMs) return false
  scheduleStandstill(core)
  if (options.self !== undefined) {
    effects.push({ type: 'broadcast-status', status: statusOf(core) })
    const proposal = leaderProposal(core)
    if (proposal !== undefined) effects.push({ type: 'broadcast-proposal', proposal })
  }
  effects.push({
    type: 'fetch-certificates',
    epoch: options.validators.epoch,
    // All before it are justified here; whoever has another base for this view sends it in its Status.
    fromView: state.view,
    hint: state.aheadPeer,
  })
  for (const record of state.views.values()) {
    for (const vote of record.ownVotes) addVote(core, vote, undefined, true)
    retryAggregates(core, record)
  }
  for (const entry of state.blocks.values()) if (entry.status === 'undecided') entry.status = 'known'
  state.isDirty = true
  return true
}
