/** A leader's proposal, possibly relayed: its entry proof is merged, its signatures are verified, then R3 sees it. */
import type { Proposal } from '@cairn/chain'
import { hexFromBytes } from '@cairn/primitives'
import { noteSeen } from '../activity.ts'
import { offerEntryProof } from '../certificates.ts'
import type { From, Input } from '../input.ts'
import { PROPOSALS_KEPT_MAX, PROPOSAL_CANDIDATES_MAX } from '../limits.ts'
import { addBlock } from '../rules/blocks.ts'
import { screenProposal } from '../screen.ts'
import { recordOf, rememberHolder } from '../state.ts'
import type { Core } from '../state.ts'
import { addVote } from '../tally.ts'
import type { VerificationResult } from '../verification.ts'
import { reportPeer, requestVerification } from '../verify-queue.ts'

export function onProposal(core: Core, { proposal, from }: Extract<Input, { type: 'proposal' }>): void {
  const verdict = screenProposal(core, proposal)
  if (verdict.verdict === 'reject') {
    reportPeer(core, from, 'PROPOSAL_MALFORMED')
    return
  }
  offerEntryProof(core, proposal.entryProof, from)
  if (verdict.verdict !== 'accept') return
  const record = recordOf(core.state, proposal.view)
  const checkKey = hexFromBytes(proposal.vote.signature)
  if (record.proposals.length >= PROPOSALS_KEPT_MAX || record.proposalChecks.size >= PROPOSAL_CANDIDATES_MAX) return
  if (record.proposalChecks.has(checkKey)) return
  if (core.options.blockChecks.checkBlockData(proposal.block).verdict !== 'accept') {
    reportPeer(core, from, 'BLOCK_DATA_INVALID')
    return
  }
  if (!requestVerification(core, { kind: 'proposal', proposal }, from)) return
  record.proposalChecks.add(checkKey)
}

/** Verified. A bad reveal or unproven evidence under a good vote makes an invalid block (R5). */
export function onProposalVerified(
  core: Core,
  proposal: Proposal,
  from: From | undefined,
  result: Omit<Extract<VerificationResult, { kind: 'proposal' }>, 'kind'>,
): void {
  const { state } = core
  state.views.get(proposal.view)?.proposalChecks.delete(hexFromBytes(proposal.vote.signature))
  if (!result.isVoteValid) {
    reportPeer(core, from, 'PROPOSAL_SIGNATURE_INVALID')
    return
  }
  if (screenProposal(core, proposal).verdict !== 'accept') return
  const record = recordOf(state, proposal.view)
  // Evidence of an epoch that is not known here cannot be judged: abstain, as with missing data.
  if (record.proposals.length < PROPOSALS_KEPT_MAX && result.evidence !== 'ignore') {
    record.proposals.push(proposal)
    rememberHolder(state, proposal.block.hash, from)
    addBlock(core, proposal.block, from)
    const entry = state.blocks.get(proposal.block.hash)
    const isInvalid = !result.isRandaoValid || result.evidence === 'reject'
    if (isInvalid && entry !== undefined) entry.status = 'bad'
    if (proposal.view > state.view) state.aheadPeer = from
  }
  noteSeen(core, proposal.vote.validator, proposal.view)
  addVote(core, proposal.vote, from, true)
}
