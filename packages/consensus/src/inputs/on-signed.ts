/** The own vote is durable and signed: into the own tally (R9), and out. A leader's notarize vote leaves in its proposal. */
import { sendVote } from '../dissemination.ts'
import type { Input } from '../input.ts'
import { leaderProposal } from '../own-proposal.ts'
import { recordOf } from '../state.ts'
import type { Core } from '../state.ts'
import { addVote } from '../tally.ts'

export function onSigned(core: Core, { vote }: Extract<Input, { type: 'signed' }>): void {
  const { state, effects } = core
  // Of an epoch that has ended meanwhile, or of a view that became final.
  if (vote.epoch !== core.options.validators.epoch || vote.view <= state.finalizedView) return
  const record = recordOf(state, vote.view)
  if (!record.ownVotes.some((other) => other.kind === vote.kind)) record.ownVotes.push(vote)
  const proposal = vote.kind === 'notarize' && state.ownProposal?.view === vote.view ? leaderProposal(core) : undefined
  if (proposal === undefined) sendVote(core, vote)
  else {
    record.proposals.push(proposal)
    effects.push({ type: 'broadcast-proposal', proposal })
  }
  addVote(core, vote, undefined, true)
}
