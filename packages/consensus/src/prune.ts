/** What a finalization makes obsolete. Keeps memory independent of the chain's length. */
import type { Hash } from '@cairn/primitives'
import { keepLate } from './evidence/detection.ts'
import type { ConsensusState } from './state.ts'

/** Drops records of views below the finalized one, and blocks nothing refers to. O(views + blocks held). */
export function pruneViews(state: ConsensusState): void {
  for (const [view, record] of state.views) {
    if (view >= state.finalizedView) continue
    state.views.delete(view)
    keepLate(state, record)
  }
  pruneBlocks(state)
}

/** Drops blocks at or below the head, and above it those that no proposal, certificate or such a block's ancestry names. */
export function pruneBlocks(state: ConsensusState): void {
  const kept = new Set<Hash>()
  const keep = (tip: Hash | undefined): void => {
    for (let hash = tip; hash !== undefined && !kept.has(hash);) {
      const block = state.blocks.get(hash)?.block
      if (block === undefined || block.header.height <= state.head.header.height) return
      kept.add(hash)
      hash = block.header.parentHash
    }
  }
  keep(state.finalization?.hash)
  keep(state.ownProposal?.blockHash)
  for (const record of state.views.values()) {
    for (const proposal of record.proposals) keep(proposal.block.hash)
    keep(record.certificates.notarize?.hash)
    keep(record.certificates.finalize?.hash)
  }
  for (const hash of state.blocks.keys()) if (!kept.has(hash)) state.blocks.delete(hash)
  for (const hash of state.holders.keys()) {
    if (hash !== state.finalization?.hash) state.holders.delete(hash)
  }
}
