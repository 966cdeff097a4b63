/**
 * R6, second half: certificates, own or received, are verified once, stored, logged and sent once. One
 * verification of a kind and view runs at a time; what arrives meanwhile waits for its failure.
 */
import { checkCertificateShape, indicesFromBitmap } from '@cairn/chain'
import type { Certificate, EntryProof, VoteKind } from '@cairn/chain'
import { assert } from '@cairn/primitives'
import type { View } from '@cairn/primitives'
import { noteSeen } from './activity.ts'
import { noteShown } from './amnesia.ts'
import { noteCollected } from './dissemination.ts'
import { pruneViews } from './prune.ts'
import { halt } from './halt.ts'
import { certificateConflict, reportCertificates } from './evidence/detection.ts'
import { checkVoters } from './evidence/voter-check.ts'
import type { From } from './input.ts'
import { CERTIFICATES_WAITING_MAX, ENTRY_PROOF_TAKEN_MAX } from './limits.ts'
import { recordOf, rememberHolder } from './state.ts'
import type { Core } from './state.ts'
import { reportPeer, requestVerification } from './verify-queue.ts'
import { setTimeouts } from './rules/enter-view.ts'
import { scheduleStandstill } from './standstill-timer.ts'

/** Identifies the one certificate that a kind and view can have. */
export function certificateKey(kind: VoteKind, view: View): string {
  return `${kind}:${view}`
}

/** Takes a certificate whose epoch is the current one; blames `from` for a bad shape at once. */
export function offerCertificate(
  core: Core,
  certificate: Certificate,
  from: From | undefined,
  gossiped: boolean,
): void {
  const { state } = core
  if (!isWanted(core, certificate)) return
  if (checkCertificateShape(certificate, core.options.validators).verdict !== 'accept') {
    reportPeer(core, from, 'CERTIFICATE_MALFORMED')
    return
  }
  if (certificate.kind !== 'nullify') rememberHolder(state, certificate.hash, from)
  const key = certificateKey(certificate.kind, certificate.view)
  const underWay = state.certificateChecks.get(key)
  if (underWay !== undefined) {
    if (underWay.waiting.length < CERTIFICATES_WAITING_MAX) underWay.waiting.push({ certificate, from, gossiped })
    return
  }
  if (requestVerification(core, { kind: 'certificate', certificate }, from, gossiped)) {
    state.certificateChecks.set(key, { waiting: [] })
  }
}

/** Merges an entry proof's certificates. A bad one is the relay's fault. */
export function offerEntryProof(core: Core, proof: EntryProof, from: From): void {
  if (proof.base !== undefined) offerCertificate(core, proof.base, from, false)
  let taken = 0
  for (const certificate of proof.nullifications) {
    if (!isWanted(core, certificate)) continue
    if (++taken > ENTRY_PROOF_TAKEN_MAX) return
    offerCertificate(core, certificate, from, false)
  }
}

/** The check of a kind and view ended badly: the next one waiting, if any. `false`: nothing waited. */
export function offerWaiting(core: Core, kind: VoteKind, view: View): boolean {
  const key = certificateKey(kind, view)
  const waiting = core.state.certificateChecks.get(key)?.waiting ?? []
  core.state.certificateChecks.delete(key)
  for (const [index, { certificate, from, gossiped }] of waiting.entries()) {
    offerCertificate(core, certificate, from, gossiped)
    const started = core.state.certificateChecks.get(key)
    if (started === undefined) continue
    started.waiting.push(...waiting.slice(index + 1))
    return true
  }
  return false
}

/** Stores a verified certificate, logs it, sends it once. */
export function acceptCertificate(core: Core, certificate: Certificate, gossiped: boolean): void {
  const { state, effects } = core
  const key = certificateKey(certificate.kind, certificate.view)
  const waiting = state.certificateChecks.get(key)?.waiting ?? []
  state.certificateChecks.delete(key)
  if (!isWanted(core, certificate)) return
  const conflict = certificateConflict(core, certificate)
  if (conflict !== undefined) reportCertificates(core, conflict)
  if (certificate.view === state.finalizedView && certificate.kind === 'finalize') {
    const { finalization } = state
    assert(finalization !== undefined, 'view 0 has no certificates')
    halt(core, 'FINALIZATION_CONFLICT', `two blocks finalized in view ${certificate.view}`, [finalization, certificate])
    return
  }
  const isKnown = state.views.get(certificate.view)?.certificates[certificate.kind] !== undefined
  if (isKnown || certificate.view <= state.finalizedView) return
  const record = recordOf(state, certificate.view)
  record.certificates[certificate.kind] = certificate
  checkVoters(core, record, certificate)
  noteSigners(core, certificate)
  effects.push({ type: 'log-certificate', certificate })
  effects.push({ type: 'broadcast-certificate', certificate, gossiped })
  if (certificate.kind === 'finalize') adoptFinalization(core, certificate)
  state.isDirty = true
  // Those of the same hash are of no use any more; one of another hash is evidence.
  for (const other of waiting) offerCertificate(core, other.certificate, other.from, other.gossiped)
}

/** R8 and R10: who has signed it is there, and was in its view. */
function noteSigners(core: Core, certificate: Certificate): void {
  const { self, validators } = core.options
  const signers = indicesFromBitmap(certificate.signers, validators.validators.length) ?? []
  for (const index of signers) noteSeen(core, index, certificate.view)
  noteCollected(core, certificate, self !== undefined && signers.includes(self))
  noteShown(core, certificate)
}

/** A verified finalization newer than the known one moves the finalized view; its block may follow later (R7). */
export function adoptFinalization(core: Core, finalization: Certificate): void {
  const { state } = core
  assert(finalization.view > state.finalizedView, 'finalizations only move forward')
  state.finalizedView = finalization.view
  state.finalization = finalization
  state.isDirty = true
  setTimeouts(core)
  pruneViews(state)
  scheduleStandstill(core)
}

function isWanted(core: Core, certificate: Certificate): boolean {
  const { state, options } = core
  if (certificate.epoch !== options.validators.epoch || certificate.view === 0) return false
  if (certificate.view > state.finalizedView) {
    const isKnown = state.views.get(certificate.view)?.certificates[certificate.kind] !== undefined
    if (!isKnown) return true
  } else if (certificate.view === state.finalizedView && certificate.kind === 'finalize') {
    // A second, conflicting finalization of the finalized view ends the instance.
    return certificate.hash !== state.finalization?.hash
  }
  return certificateConflict(core, certificate) !== undefined
}
