/**
 * R6, first half: votes of one view by kind, until their weight reaches the quorum. A vote is not verified
 * alone; a quorum is, once, as an aggregate. Alone are verified only votes that matter alone: several of one
 * validator that differ (so that an invalid one never displaces a valid one), and slashable pairs.
 */
import { evidenceFromVotes } from '@cairn/chain'
import type { Vote, VoteKind } from '@cairn/chain'
import { equalBytes } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { noteForged, noteSeen, shouldProbe } from './activity.ts'
import { certificateKey } from './certificates.ts'
import { heldRecord, reportVotes } from './evidence/detection.ts'
import { checkVoter } from './evidence/voter-check.ts'
import type { From } from './input.ts'
import { VOTE_CANDIDATES_MAX } from './limits.ts'
import { recordOf } from './state.ts'
import type { Core, Tally, ViewRecord, VoteCandidate } from './state.ts'
import { reportPeer, requestAlone, requestVerification } from './verify-queue.ts'

/** Takes a screened vote. O(1) until the quorum is reached, then O(n) once. */
export function addVote(core: Core, vote: Vote, from: From | undefined, isVerified: boolean): void {
  const record = core.state.late.get(vote.view) ?? recordOf(core.state, vote.view)
  const tally = record.tallies[vote.kind]
  const candidates = tally.byValidator.get(vote.validator) ?? []
  const known = candidates.find((other) => isSameVote(other.vote, vote))
  if (known !== undefined) {
    known.isVerified ||= isVerified
  } else {
    if (!makeRoom(core, tally, candidates, isVerified)) return
    if (!candidates.some((other) => other.vote.hash === vote.hash)) addWeight(core, tally, vote)
    const candidate: VoteCandidate = { vote, from, isVerified, isChecking: false }
    candidates.push(candidate)
    tally.byValidator.set(vote.validator, candidates)
    if (!isVerified && shouldProbe(core, vote.validator)) requestAlone(core, candidate)
  }
  checkConflicts(core, record, vote.validator)
  tryAggregate(core, record, vote.kind, vote.hash)
}

/** Result of a single vote's verification. */
export function settleVote(core: Core, vote: Vote, from: From | undefined, isValid: boolean): void {
  const record = heldRecord(core.state, vote.view)
  const candidates = record?.tallies[vote.kind].byValidator.get(vote.validator) ?? []
  const candidate = candidates.find((other) => isSameVote(other.vote, vote))
  if (!isValid) {
    reportPeer(core, from, 'VOTE_SIGNATURE_INVALID')
    noteForged(core, vote.validator)
  }
  if (record === undefined || candidate === undefined) return
  candidate.isChecking = false
  if (isValid) {
    candidate.isVerified = true
    noteSeen(core, vote.validator, vote.view)
  } else removeCandidate(core, record.tallies[vote.kind], candidate)
  checkConflicts(core, record, vote.validator)
  retryAggregates(core, record)
}

/** Verifies a validator's vote of the kind alone, when there is one that is not verified yet. */
export function verifyAlone(core: Core, record: ViewRecord, kind: VoteKind, validator: number): void {
  for (const candidate of record.tallies[kind].byValidator.get(validator) ?? []) requestAlone(core, candidate)
}

/** Whether a verified vote of the validator is in the tally. */
export function hasVerified(record: ViewRecord, kind: VoteKind, validator: number): boolean {
  const candidates = record.tallies[kind].byValidator.get(validator) ?? []
  return candidates.some((candidate) => candidate.isVerified)
}

/** After a failed check or a dropped request: each hash that still has the weight. */
export function retryAggregates(core: Core, record: ViewRecord): void {
  for (const kind of ['notarize', 'nullify', 'finalize'] as const) {
    for (const hash of record.tallies[kind].weightByHash.keys()) tryAggregate(core, record, kind, hash)
  }
}

/** The aggregate was bad: its bad votes go, their senders are blamed. */
export function removeInvalid(core: Core, votes: readonly Vote[], invalid: readonly number[]): void {
  const [subject] = votes
  const record = subject && core.state.views.get(subject.view)
  if (subject === undefined || record === undefined) return
  const bad = new Set(invalid)
  const tally = record.tallies[subject.kind]
  for (const vote of votes) {
    if (!bad.has(vote.validator)) continue
    const candidate = tally.byValidator.get(vote.validator)?.find((other) => isSameVote(other.vote, vote))
    if (candidate === undefined) continue
    reportPeer(core, candidate.from, 'VOTE_SIGNATURE_INVALID')
    removeCandidate(core, tally, candidate)
  }
}

function tryAggregate(core: Core, record: ViewRecord, kind: VoteKind, hash: Hash): void {
  const tally = record.tallies[kind]
  if ((tally.weightByHash.get(hash) ?? 0n) < core.options.validators.quorum) return
  if (record.certificates[kind] !== undefined || record.view <= core.state.finalizedView) return
  const key = certificateKey(kind, record.view)
  if (core.state.certificateChecks.has(key)) return
  const votes: Vote[] = []
  for (const candidates of tally.byValidator.values()) {
    const matching = candidates.filter((candidate) => candidate.vote.hash === hash)
    const best = matching.find((candidate) => candidate.isVerified) ?? matching[0]
    if (best !== undefined) votes.push(best.vote)
  }
  if (requestVerification(core, { kind: 'aggregate', votes }, undefined)) {
    core.state.certificateChecks.set(key, { waiting: [] })
  }
}

/** Differing votes of one kind, or nullify and finalize in one view: verify all of them, then report the proven pair. */
function checkConflicts(core: Core, record: ViewRecord, validator: number): void {
  const { notarize, nullify, finalize } = record.tallies
  const notarizes = notarize.byValidator.get(validator) ?? []
  const nullifies = nullify.byValidator.get(validator) ?? []
  const finalizes = finalize.byValidator.get(validator) ?? []
  const isExclusive = nullifies.length > 0 && finalizes.length > 0
  if (notarizes.length > 1) for (const candidate of notarizes) requestAlone(core, candidate)
  if (nullifies.length > 1 || isExclusive) for (const candidate of nullifies) requestAlone(core, candidate)
  if (finalizes.length > 1 || isExclusive) for (const candidate of finalizes) requestAlone(core, candidate)
  for (const certificate of Object.values(record.certificates)) {
    for (const candidate of [...notarizes, ...nullifies, ...finalizes]) checkVoter(core, record, candidate, certificate)
  }
  if (notarizes.length > 1) reportConflict(core, record, notarizes)
  if (finalizes.length > 1 || isExclusive) reportConflict(core, record, [...nullifies, ...finalizes])
}

function reportConflict(core: Core, record: ViewRecord, candidates: readonly VoteCandidate[]): void {
  const verified = candidates.filter((candidate) => candidate.isVerified).map((candidate) => candidate.vote)
  for (const [index, first] of verified.entries()) {
    for (const second of verified.slice(index + 1)) {
      const evidence = evidenceFromVotes(first, second)
      if (evidence !== undefined) reportVotes(core, record, evidence)
    }
  }
}

/** A verified vote pushes out an unverified one; unverified ones wait for nobody. */
function makeRoom(core: Core, tally: Tally, candidates: readonly VoteCandidate[], isVerified: boolean): boolean {
  if (candidates.length < VOTE_CANDIDATES_MAX) return true
  const victim = candidates.find((candidate) => !candidate.isVerified)
  if (!isVerified || victim === undefined) return false
  removeCandidate(core, tally, victim)
  return true
}

function removeCandidate(core: Core, tally: Tally, candidate: VoteCandidate): void {
  const { vote } = candidate
  const candidates = tally.byValidator.get(vote.validator)
  if (candidates === undefined) return
  candidates.splice(candidates.indexOf(candidate), 1)
  if (candidates.some((other) => other.vote.hash === vote.hash)) return
  const weight = (tally.weightByHash.get(vote.hash) ?? 0n) - weightOfValidator(core, vote.validator)
  if (weight > 0n) tally.weightByHash.set(vote.hash, weight)
  else tally.weightByHash.delete(vote.hash)
}

function addWeight(core: Core, tally: Tally, vote: Vote): void {
  const weight = tally.weightByHash.get(vote.hash) ?? 0n
  tally.weightByHash.set(vote.hash, weight + weightOfValidator(core, vote.validator))
}

function weightOfValidator(core: Core, index: number): bigint {
  return core.options.validators.validators[index]?.weight ?? 0n
}

function isSameVote(a: Vote, b: Vote): boolean {
  return a.hash === b.hash && a.view === b.view && equalBytes(a.signature, b.signature)
}
