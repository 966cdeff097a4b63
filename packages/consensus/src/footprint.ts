/** How much an instance holds: what `limits.ts` bounds, whatever peers send. */
import type { Core, ViewRecord } from './state.ts'

export interface Footprint {
  /** Views above the newest finalization up to the own one: each needs a certificate, so peers alone cannot add to them. */
  readonly openViews: number
  /** Records of views, the finalized one and those of the window ahead included. */
  readonly views: number
  /** Records of views below the finalized one. */
  readonly lateViews: number
  /** In all of these records. */
  readonly votes: number
  readonly blocks: number
  readonly verifications: number
  /** Messages kept for the next epoch. */
  readonly early: number
}

/** O(what is held). */
export function footprintOf({ state, run }: Core): Footprint {
  let votes = 0
  for (const record of state.views.values()) votes += votesIn(record)
  for (const record of state.late.values()) votes += votesIn(record)
  return {
    openViews: Math.max(0, state.view - state.finalizedView),
    views: state.views.size,
    lateViews: state.late.size,
    votes,
    blocks: state.blocks.size,
    verifications: state.verifications.size,
    early: run.early.length,
  }
}

function votesIn({ tallies }: ViewRecord): number {
  let votes = 0
  for (const { byValidator } of [tallies.notarize, tallies.nullify, tallies.finalize]) {
    for (const candidates of byValidator.values()) votes += candidates.length
  }
  return votes
}
