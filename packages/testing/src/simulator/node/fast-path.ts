/**
 * R5's fast path, observed: whoever knows that the leader of its view equivocates gives the view up at once. Nothing else
 * depends on it but time, so that no other invariant would notice its absence.
 */
import type { Evidence } from '@cairn/chain'
import type { Consensus } from '@cairn/consensus'
import type { World } from '../world.ts'

/** Far more than a signature takes, far less than any timer. */
const NULLIFIED_WITHIN_MS = 60

interface WatchedNode {
  readonly slot: number
  readonly isUp: boolean
  /** Only while up. */
  readonly consensus: Consensus
}

/** `node` has just shown `evidence` to everybody. */
export function watchFastPath(
  node: WatchedNode,
  { queue, invariants }: World,
  { type, first, second }: Evidence,
): void {
  const { consensus } = node
  if (type !== 'votes' || second.kind !== 'notarize' || consensus.self === undefined || consensus.isAmnesiac) return
  const isCurrent = (): boolean =>
    node.isUp &&
    node.consensus === consensus &&
    first.epoch === consensus.validators.epoch &&
    first.view === consensus.view &&
    first.validator === consensus.leader(first.view)
  if (!isCurrent()) return
  queue.after(NULLIFIED_WITHIN_MS, () => {
    if (!isCurrent()) return
    const hasVoted = consensus.status().votes.some((vote) => vote.view === first.view && vote.kind !== 'notarize')
    if (!hasVoted) invariants.violate(`EQUIVOCATION_TOLERATED: node ${node.slot} in view ${first.view}`)
  })
}
