/** The Status message (R9) and the answer to Certs(epoch, from view). */
import type { Certificate, Status, Vote } from '@cairn/chain'
import { assert } from '@cairn/primitives'
import type { Epoch, View } from '@cairn/primitives'
import { entryProof, highestBase } from './justification.ts'
import { CERTIFICATES_ANSWER_MAX, STATUS_NULLIFICATIONS_MAX, STATUS_OWN_VOTES_MAX } from './limits.ts'
import type { ConsensusState, Core, ViewRecord } from './state.ts'

/**
 * Enough for a peer that missed everything to enter this view; or, after a long row of nullified views, to see that it
 * must ask for the rest (Certs): what is sent at each standstill tick is bounded.
 */
export function statusOf({ state, options }: Core): Status {
  const base = highestBase(state, state.view)
  const proof = entryProof(state, base, state.view)
  assert(proof !== undefined, 'R1 entered the view with this proof')
  const votes: Vote[] = []
  for (const record of byView(state)) if (record.view >= base.view) votes.push(...record.ownVotes)
  return {
    epoch: options.validators.epoch,
    finalization: state.finalization,
    entryProof: { base: proof.base, nullifications: proof.nullifications.slice(0, STATUS_NULLIFICATIONS_MAX) },
    votes: votes.slice(-STATUS_OWN_VOTES_MAX),
  }
}

/** The newest finalization, then notarizations and nullifications by view, the oldest first. */
export function certificatesFrom({ state, options, run }: Core, epoch: Epoch, fromView: View): readonly Certificate[] {
  if (epoch !== options.validators.epoch) return run.lastEnd?.epoch === epoch ? [run.lastEnd] : []
  const found: Certificate[] = state.finalization === undefined ? [] : [state.finalization]
  for (const record of byView(state)) {
    if (record.view < fromView || record.view <= state.finalizedView) continue
    const { notarize, nullify } = record.certificates
    if (notarize !== undefined) found.push(notarize)
    if (nullify !== undefined) found.push(nullify)
    if (found.length >= CERTIFICATES_ANSWER_MAX) break
  }
  return found.slice(0, CERTIFICATES_ANSWER_MAX)
}

function byView(state: ConsensusState): readonly ViewRecord[] {
  return [...state.views.values()].toSorted((a, b) => a.view - b.view)
}
