/** Results of signature checks: what is good is taken over, what is bad has a sender to blame. */
import { acceptCertificate, certificateKey, offerWaiting } from '../certificates.ts'
import type { Certificate, Vote } from '@cairn/chain'
import { assert } from '@cairn/primitives'
import type { From, Input } from '../input.ts'
import type { Core } from '../state.ts'
import { removeInvalid, retryAggregates, settleVote } from '../tally.ts'
import { reportPeer, takeVerification } from '../verify-queue.ts'
import { onEvidenceVerified } from './on-evidence.ts'
import { onLeavingVerified } from './on-leaving.ts'
import { onProposalVerified } from './on-proposal.ts'

export function onVerified(core: Core, { id, result }: Extract<Input, { type: 'verified' }>): void {
  const pending = takeVerification(core, id)
  if (pending === undefined) return
  const { request, from, gossiped } = pending
  if (request.kind === 'vote' && result.kind === 'vote') settleVote(core, request.vote, from, result.isValid)
  else if (request.kind === 'proposal' && result.kind === 'proposal')
    onProposalVerified(core, request.proposal, from, result)
  else if (request.kind === 'certificate' && result.kind === 'certificate') {
    if (result.isValid) acceptCertificate(core, request.certificate, gossiped)
    else rejectCertificate(core, request.certificate, from)
  } else if (request.kind === 'evidence' && result.kind === 'evidence') {
    onEvidenceVerified(core, request.evidence, from, result.verdict)
  } else if (request.kind === 'leaving' && result.kind === 'leaving') {
    onLeavingVerified(core, request.leaving, from, result.isValid)
  } else if (request.kind === 'aggregate' && result.kind === 'aggregate') {
    if (result.certificate !== undefined) acceptCertificate(core, result.certificate, false)
    else rejectAggregate(core, request.votes, result.invalid)
  } else assert(false, 'a result answers its request')
}

function rejectCertificate(core: Core, certificate: Certificate, from: From | undefined): void {
  reportPeer(core, from, 'CERTIFICATE_SIGNATURE_INVALID')
  tryNext(core, certificate)
}

function rejectAggregate(core: Core, votes: readonly Vote[], invalid: readonly number[]): void {
  removeInvalid(core, votes, invalid)
  const [subject] = votes
  if (subject !== undefined) tryNext(core, subject)
}

/** The check of this kind and view is free again: a waiting certificate first, else the remaining votes. */
function tryNext(core: Core, { kind, view }: Pick<Vote, 'kind' | 'view'>): void {
  if (offerWaiting(core, kind, view)) return
  assert(!core.state.certificateChecks.has(certificateKey(kind, view)), 'the check has ended')
  const record = core.state.views.get(view)
  if (record !== undefined) retryAggregates(core, record)
}
