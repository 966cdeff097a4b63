/** R3: notarize the first accepted proposal of the current view, executed and justified. */
import { CLOCK_DRIFT_MAX_MS, isTimestampAcceptable } from '@cairn/chain'
import { highestBase, isGapNullified, isJustified } from '../justification.ts'
import { requestNotarize } from '../request-signature.ts'
import { isVoter } from '../state.ts'
import type { Core } from '../state.ts'

/** `true` when a vote was asked for. Allowed even after an own nullify of the view. */
export function notarize(core: Core): boolean {
  const { state, now } = core
  const record = state.views.get(state.view)
  const proposal = record?.proposals[0]
  if (!isVoter(core, state.view) || record === undefined || proposal === undefined) return false
  if (record.own.notarize !== undefined) return false
  const entry = state.blocks.get(proposal.block.hash)
  if (entry?.status !== 'good' || entry.repeatsEvidence) return false
  // Of a re-proposed block the header says nothing about this view, and the envelope is not signed.
  const isRepeated = proposal.block.hash === proposal.parentHash
  const parentView = isRepeated ? highestBase(state, proposal.view).view : proposal.parentView
  if (parentView < state.finalizedView || !isJustified(state, parentView, proposal.parentHash)) return false
  if (!isGapNullified(state, parentView, proposal.view)) return false
  if (!isTimestampAcceptable(proposal.block.header, now.wallMs)) {
    // A clock is no judge of validity: abstain and look again when the time has come.
    const aheadMs = proposal.block.header.timeMs - CLOCK_DRIFT_MAX_MS - now.wallMs
    state.timers.clockWaitUntilMs = now.monotonicMs + Math.max(1, aheadMs)
    return false
  }
  state.timers.clockWaitUntilMs = undefined
  requestNotarize(core, record, proposal.block.hash)
  return true
}
