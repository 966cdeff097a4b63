/** The own proposal of the current view, put together from what is held. */
import type { Proposal } from '@cairn/chain'
import { entryProof, isJustified } from './justification.ts'
import type { Base } from './justification.ts'
import { recordOf } from './state.ts'
import type { ConsensusState, Core, OwnProposal } from './state.ts'

/** `undefined` unless this node leads the view and has signed its proposal. */
export function leaderProposal({ state, options }: Core): Proposal | undefined {
  const own = state.ownProposal
  if (own === undefined || own.blockHash === undefined) return undefined
  const { ownVotes } = recordOf(state, own.view)
  const vote = ownVotes.find((candidate) => candidate.kind === 'notarize' && candidate.hash === own.blockHash)
  const block = state.blocks.get(own.blockHash)?.block
  const base = baseOf(state, own)
  const proof = base && entryProof(state, base, own.view)
  if (vote === undefined || block === undefined || proof === undefined) return undefined
  return {
    block,
    epoch: options.validators.epoch,
    view: own.view,
    parentView: own.parentView,
    parentHash: own.parentHash,
    entryProof: proof,
    vote,
  }
}

/** `undefined` once a newer finalization has overtaken the parent. */
function baseOf(state: ConsensusState, own: OwnProposal): Base | undefined {
  if (!isJustified(state, own.parentView, own.parentHash)) return undefined
  const { notarize } = state.views.get(own.parentView)?.certificates ?? {}
  const certificate = own.parentView === state.finalizedView ? state.finalization : notarize
  return { view: own.parentView, hash: own.parentHash, certificate }
}
