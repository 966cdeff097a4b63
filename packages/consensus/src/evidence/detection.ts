/**
 * Where offences come to light: pairs of verified votes in a tally, a verified certificate against those known, and
 * evidence that peers found. Each goes into the book, and to everybody once per view, offender and kind.
 */
import { evidenceFromCertificates, offenceOf } from '@cairn/chain'
import type { Certificate, Evidence, MixedEvidence, VoteEvidence } from '@cairn/chain'
import type { View } from '@cairn/primitives'
import { LATE_VIEWS_MAX } from '../limits.ts'
import type { ConsensusState, Core, ViewRecord } from '../state.ts'

/** Two verified votes of one validator. R5: two notarize votes of the view's leader make the view hopeless. */
export function reportVotes(core: Core, record: ViewRecord, evidence: VoteEvidence): void {
  const { first, second } = evidence
  const isByLeader = first.validator === core.leaderOf(record.view)
  if (first.kind === 'notarize' && second.kind === 'notarize' && isByLeader) record.isLeaderEquivocating = true
  core.activity.equivocators.add(first.validator)
  const isFirst = !record.reported.has(reportKey(evidence))
  core.book.add(evidence, core.options.validators.epoch)
  if (!isFirst) return
  record.reported.add(reportKey(evidence))
  // Sent even when the book has no room: the others' fast path waits for both votes.
  core.effects.push({ type: 'broadcast-evidence', evidence })
}

/** A verified vote against a certificate that its validator has signed. The view is decided, so that R5 has no use for it. */
export function reportVoter(core: Core, record: ViewRecord, evidence: MixedEvidence): void {
  core.activity.equivocators.add(evidence.first.validator)
  if (record.reported.has(reportKey(evidence))) return
  record.reported.add(reportKey(evidence))
  core.book.add(evidence, core.options.validators.epoch)
  core.effects.push({ type: 'broadcast-evidence', evidence })
}

/** A verified certificate; it stays out of the rules when one of its kind is known. */
export function reportCertificates(core: Core, evidence: Evidence): void {
  if (core.book.add(evidence, core.options.validators.epoch))
    core.effects.push({ type: 'broadcast-evidence', evidence })
}

/** Evidence of a peer, proven: gossip spreads it already. */
export function markReported(record: ViewRecord, evidence: VoteEvidence): void {
  record.reported.add(reportKey(evidence))
}

export function isReported(record: ViewRecord | undefined, evidence: VoteEvidence): boolean {
  return record?.reported.has(reportKey(evidence)) === true
}

/** With a certificate that is known of the view, unless the book has no use for the proof. */
export function certificateConflict(core: Core, certificate: Certificate): Evidence | undefined {
  const { state, book, options } = core
  const record = heldRecord(state, certificate.view)
  const isFinalized = state.finalization?.view === certificate.view
  for (const kind of ['notarize', 'nullify', 'finalize'] as const) {
    const known = record?.certificates[kind]
    // A status repeats hundreds of known ones.
    if (known === undefined || (kind === certificate.kind && known.hash === certificate.hash)) continue
    const evidence = evidenceFromCertificates(known, certificate)
    if (evidence !== undefined && book.screen(evidence, options.validators.epoch).verdict === 'accept') return evidence
  }
  const evidence = isFinalized && state.finalization && evidenceFromCertificates(state.finalization, certificate)
  if (!evidence) return undefined
  return book.screen(evidence, options.validators.epoch).verdict === 'accept' ? evidence : undefined
}

/** The record of a view that is voted on, or that was final a short while ago. */
export function heldRecord(state: ConsensusState, view: View): ViewRecord | undefined {
  return state.views.get(view) ?? state.late.get(view)
}

/** Votes and certificates of views below the finalized one stay for a while, to be compared with what comes late. */
export function keepLate(state: ConsensusState, record: ViewRecord): void {
  // Proposals hold whole blocks, and nothing of the rules looks here.
  state.late.set(record.view, { ...record, proposals: [], ownVotes: [], proposalChecks: new Set() })
  for (const view of state.late.keys()) if (view + LATE_VIEWS_MAX < state.finalizedView) state.late.delete(view)
}

function reportKey(evidence: VoteEvidence | MixedEvidence): string {
  return `${evidence.first.validator}:${offenceOf(evidence).kind}`
}
