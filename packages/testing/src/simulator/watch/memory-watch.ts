/** A bound of what the rules of one node hold, whatever adversaries send (consensus README: «All state is bounded»). */
import type { Footprint } from '@cairn/consensus'

const WINDOW_VIEWS = 32
const LATE_VIEWS = 17
const KINDS = 3
/** Differing votes of one validator, kind and view. */
const CANDIDATES = 3
/** The leader's, one that proves its equivocation, one that a certificate names. */
const BLOCKS_PER_VIEW = 3
/** Ancestors of certified blocks that are fetched one by one. */
const FETCHED_BLOCKS = 64
const VERIFICATIONS = 4_096
const EARLY_MESSAGES = 1_024

/** What is too much; `undefined`: all is within its bound. */
export function memoryExcess(held: Footprint, validators: number): string | undefined {
  // The finalized view's own record, and one that is entered in this step.
  const viewsMax = held.openViews + WINDOW_VIEWS + 2
  const bounds = [
    ['views', held.views, viewsMax],
    ['late views', held.lateViews, LATE_VIEWS],
    ['votes', held.votes, (viewsMax + LATE_VIEWS) * validators * KINDS * CANDIDATES],
    ['blocks', held.blocks, viewsMax * BLOCKS_PER_VIEW + FETCHED_BLOCKS],
    ['verifications', held.verifications, VERIFICATIONS],
    ['early messages', held.early, EARLY_MESSAGES],
  ] as const
  const excess = bounds.find(([, count, max]) => count > max)
  return excess && `${excess[1]} ${excess[0]}, at most ${excess[2]}`
}
