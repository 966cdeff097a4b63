/** Rules broken on purpose: the simulator is only worth something if it finds each of them. */
import type { SimulatedNodeOptions } from './simulated-node.ts'

export const MUTANTS = [
  'finalize-after-nullify',
  'weak-quorum',
  'wal-not-replayed',
  'gap-check-missing',
  'blocks-not-persisted',
] as const
export type Mutant = (typeof MUTANTS)[number]

/** What a mutant changes in every honest node. */
export function mutantOptions(mutant: Mutant | undefined): Partial<SimulatedNodeOptions> {
  switch (mutant) {
    case undefined:
      return {}
    case 'finalize-after-nullify':
      return { consensus: { mutations: { finalizeAfterNullify: true } }, isSignerLenient: true }
    case 'weak-quorum':
      return { consensus: { mutations: { halfQuorum: true } } }
    case 'wal-not-replayed':
      return { forgetsWal: true }
    case 'blocks-not-persisted':
      return { forgetsBlocks: true }
    default:
      // gap-check-missing
      return { consensus: { mutations: { skipGapCheck: true } } }
  }
}
