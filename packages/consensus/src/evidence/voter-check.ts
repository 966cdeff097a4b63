/**
 * Votes against certificates that their validators have signed too. Two single votes that contradict each other meet where
 * somebody sees both; where collectors are sent one each, the certificate that one of them makes shows it to the others.
 */
import { evidenceFromVoteAndCertificate } from '@cairn/chain'
import type { Certificate } from '@cairn/chain'
import type { Core, ViewRecord, VoteCandidate } from '../state.ts'
import { requestAlone } from '../verify-queue.ts'
import { reportVoter } from './detection.ts'

/** A certificate is there: whoever has signed it and voted for something else besides. O(votes of the view). */
export function checkVoters(core: Core, record: ViewRecord, certificate: Certificate): void {
  for (const { byValidator } of Object.values(record.tallies)) {
    for (const candidates of byValidator.values()) {
      for (const candidate of candidates) checkVoter(core, record, candidate, certificate)
    }
  }
}

/** One vote, verified first where it is not yet: `settleVote` comes back here. */
export function checkVoter(core: Core, record: ViewRecord, candidate: VoteCandidate, certificate: Certificate): void {
  const evidence = evidenceFromVoteAndCertificate(candidate.vote, certificate)
  if (evidence === undefined) return
  if (candidate.isVerified) reportVoter(core, record, evidence)
  else requestAlone(core, candidate)
}
