/** What one life of an honest node sends: not more than it may, and not less than it must. */
import type { Consensus, Effect } from '@cairn/consensus'
import { createCollectionWatch } from './collection-watch.ts'
import { createEgressWatch } from './egress-watch.ts'

export interface SendingWatch {
  /** What is wrong; `undefined`: nothing. `nowMs`: the node's monotonic clock. */
  note(
    effect: Effect,
    nowMs: number,
    consensus: Pick<Consensus, 'validators' | 'view' | 'finalizedView'>,
  ): { readonly code: 'EGRESS' | 'COLLECTED_ONLY'; readonly what: string } | undefined
}

export function createSendingWatch(startedAtMs: number): SendingWatch {
  const egress = createEgressWatch(startedAtMs)
  const collection = createCollectionWatch()
  return {
    note(effect, nowMs, consensus) {
      const excess = egress.note(effect, nowMs)
      if (excess !== undefined) return { code: 'EGRESS', what: excess }
      const kept = collection.note(effect, nowMs, consensus)
      return kept === undefined ? undefined : { code: 'COLLECTED_ONLY', what: kept }
    },
  }
}
