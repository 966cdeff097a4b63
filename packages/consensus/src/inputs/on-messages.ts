/** Votes, certificates and Status from peers. */
import type { Input } from '../input.ts'
import { offerCertificate, offerEntryProof } from '../certificates.ts'
import { LATE_VOTE, screenCertificate, screenVote } from '../screen.ts'
import type { Core } from '../state.ts'
import { addVote } from '../tally.ts'
import { reportPeer } from '../verify-queue.ts'

export function onVote(core: Core, { vote, from }: Omit<Extract<Input, { type: 'vote' }>, 'type'>): void {
  const verdict = screenVote(core, vote)
  if (verdict.verdict === 'accept' || verdict === LATE_VOTE) addVote(core, vote, from, false)
  else if (verdict.verdict === 'reject') reportPeer(core, from, 'VOTE_MALFORMED')
}

export function onCertificate(core: Core, input: Extract<Input, { type: 'certificate' }>): void {
  const { certificate, from, gossiped } = input
  const verdict = screenCertificate(core, certificate)
  if (verdict.verdict === 'accept') offerCertificate(core, certificate, from, gossiped)
  else if (verdict.verdict === 'reject') reportPeer(core, from, 'CERTIFICATE_MALFORMED')
}

/** R9 of a peer: whatever it knows that we do not. It is never answered, so that standing still costs a fixed rate. */
export function onStatus(core: Core, { status, from }: Extract<Input, { type: 'status' }>): void {
  if (status.finalization !== undefined) offerCertificate(core, status.finalization, from, false)
  offerEntryProof(core, status.entryProof, from)
  if ((status.entryProof.base?.view ?? 0) >= core.state.view) core.state.aheadPeer = from
  const { epoch } = core.options.validators
  for (const vote of status.votes) if (vote.epoch === epoch) onVote(core, { vote, from })
}
