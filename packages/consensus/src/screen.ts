/**
 * What a message's bytes alone say: whether an honest node could have sent it (else `reject`), and whether it is
 * of use now (else `ignore`). No signature is checked. Gossip forwards on `accept`. The message is of this epoch.
 */
import { checkCertificateShape, isBoundaryHeight } from '@cairn/chain'
import type { Certificate, Evidence, Leaving, Proposal, Vote } from '@cairn/chain'
import { ACCEPT, equalBytes, ignore, reject } from '@cairn/primitives'
import type { Verdict, View } from '@cairn/primitives'
import { certificateConflict, heldRecord, isReported } from './evidence/detection.ts'
import { LEAVING_VIEWS_MAX, VIEW_WINDOW } from './limits.ts'
import type { Core } from './state.ts'

/** A vote that only the search for offences wants. */
export const LATE_VOTE = ignore('LATE_VOTE')

export function screenVote({ state, options }: Core, vote: Vote): Verdict {
  if (vote.validator >= options.validators.validators.length) return reject('VOTE_UNKNOWN_VALIDATOR')
  const isWanted = isInWindow(state, vote.view)
  const record = heldRecord(state, vote.view)
  if (!isWanted && record === undefined) return ignore('VIEW_OUT_OF_WINDOW')
  const known = record?.tallies[vote.kind].byValidator.get(vote.validator) ?? []
  for (const { vote: other, isVerified } of known) {
    if (other.hash !== vote.hash) continue
    if (equalBytes(other.signature, vote.signature)) return ignore('DUPLICATE')
    // BLS signatures are unique: with a good one known, another one is bad. Who relays it need not have known.
    if (isVerified) return ignore('DUPLICATE')
  }
  // Of a finalized view: of no use to the rules and not forwarded, but it may be half of an offence.
  return isWanted ? ACCEPT : LATE_VOTE
}

export function screenCertificate(core: Core, certificate: Certificate): Verdict {
  const { state, options } = core
  const isKnown = state.views.get(certificate.view)?.certificates[certificate.kind] !== undefined
  if (isKnown || certificate.view <= state.finalizedView) {
    // What contradicts a known certificate is evidence, or the end (R7).
    const isEnd =
      certificate.view === state.finalizedView &&
      certificate.kind === 'finalize' &&
      certificate.hash !== state.finalization?.hash
    if (!isEnd && certificateConflict(core, certificate) === undefined) return ignore(isKnown ? 'DUPLICATE' : 'STALE')
  }
  return checkCertificateShape(certificate, options.validators)
}

/** One per validator is kept, the newest; what the validator has signed in a later view says that it is there. */
export function screenLeaving({ state, options, activity }: Core, { validator, view }: Leaving): Verdict {
  if (validator >= options.validators.validators.length) return reject('LEAVING_UNKNOWN_VALIDATOR')
  if (view > state.view + VIEW_WINDOW) return ignore('VIEW_OUT_OF_WINDOW')
  const isOld = view < (activity.signedView[validator] ?? 0) || view + LEAVING_VIEWS_MAX < state.finalizedView
  if (isOld) return ignore('STALE')
  return view <= (activity.leftAfter.get(validator) ?? -1) ? ignore('DUPLICATE') : ACCEPT
}

/** Everything in it that does not depend on the parent; the rest is `checkBlock`'s. */
export function screenProposal(core: Core, proposal: Proposal): Verdict {
  const { state } = core
  const fault = proposalFault(core, proposal)
  if (fault !== undefined) return reject(fault)
  if (!isInWindow(state, proposal.view)) return ignore('VIEW_OUT_OF_WINDOW')
  const known = state.views.get(proposal.view)?.proposals ?? []
  if (known.some((other) => other.block.hash === proposal.block.hash)) return ignore('DUPLICATE')
  return ACCEPT
}

/** Wanted by the book, or by R5 while the view is open: a leader with a full record can still make a view hopeless. */
export function screenEvidence({ state, options, book }: Core, evidence: Evidence): Verdict {
  const { epoch, view } = evidence.first
  if (evidence.type !== 'certificates' && epoch === options.validators.epoch) {
    if (evidence.first.validator >= options.validators.validators.length) return reject('EVIDENCE_UNKNOWN_VALIDATOR')
  }
  if (evidence.type === 'votes' && epoch === options.validators.epoch) {
    if (isInWindow(state, view) && !isReported(state.views.get(view), evidence)) return ACCEPT
  }
  return book.screen(evidence, options.validators.epoch)
}

function proposalFault({ options, leaderOf }: Core, proposal: Proposal): string | undefined {
  const { block, view, parentView, parentHash, vote, epoch } = proposal
  const { header } = block
  const isVoteForBlock = vote.kind === 'notarize' && vote.hash === block.hash
  if (!isVoteForBlock || vote.epoch !== epoch || vote.view !== view) return 'PROPOSAL_WRONG_VOTE'
  if (vote.validator !== leaderOf(view)) return 'PROPOSAL_NOT_BY_LEADER'
  if (header.epoch !== epoch || parentView >= view || header.height === 0) return 'PROPOSAL_WRONG_HEADER'
  if (block.hash === parentHash) {
    // A re-proposal of the epoch's last block.
    const isBoundary = isBoundaryHeight(header.height, options.spec.epochLengthBlocks)
    return isBoundary && header.view < view ? undefined : 'PROPOSAL_REPEATS_PARENT'
  }
  // The envelope is not signed: a relay must not be able to change what the header says.
  const isSameParent = header.parentHash === parentHash && header.parentView === parentView
  const isNew = header.view === view && header.proposer === vote.validator
  return isNew && isSameParent ? undefined : 'PROPOSAL_WRONG_HEADER'
}

/** (finalized, view + W]: votes of finalized views change nothing any more. */
export function isInWindow(state: Core['state'], view: View): boolean {
  return view > state.finalizedView && view <= state.view + VIEW_WINDOW
}
