/** Evidence found by a peer: proven here before anything believes it. Its votes then count, for R5's fast path. */
import type { Evidence } from '@cairn/chain'
import { certificateConflict, markReported } from '../evidence/detection.ts'
import type { From, Input } from '../input.ts'
import { isInWindow, screenEvidence } from '../screen.ts'
import { recordOf } from '../state.ts'
import type { Core } from '../state.ts'
import { addVote } from '../tally.ts'
import { offerCertificate } from '../certificates.ts'
import { reportPeer, requestVerification } from '../verify-queue.ts'

export function onEvidence(core: Core, { evidence, from }: Extract<Input, { type: 'evidence' }>): void {
  const verdict = screenEvidence(core, evidence)
  if (verdict.verdict === 'accept') requestVerification(core, { kind: 'evidence', evidence }, from)
  else if (verdict.verdict === 'reject') reportPeer(core, from, 'EVIDENCE_INVALID')
}

export function onEvidenceVerified(
  core: Core,
  evidence: Evidence,
  from: From | undefined,
  verdict: 'accept' | 'ignore' | 'reject',
): void {
  const { state, options, book } = core
  if (verdict === 'reject') reportPeer(core, from, 'EVIDENCE_INVALID')
  if (verdict !== 'accept') return
  book.add(evidence, options.validators.epoch)
  if (evidence.first.epoch !== options.validators.epoch) return
  if (evidence.type === 'votes') {
    if (!isInWindow(state, evidence.first.view)) return
    markReported(recordOf(state, evidence.first.view), evidence)
    for (const vote of [evidence.first, evidence.second]) addVote(core, vote, from, true)
    return
  }
  // Certificates of a view that this node may still have to enter or leave.
  const certificates = evidence.type === 'certificates' ? [evidence.first, evidence.second] : [evidence.second]
  for (const certificate of certificates) {
    if (certificateConflict(core, certificate) === undefined) offerCertificate(core, certificate, from, false)
  }
}
