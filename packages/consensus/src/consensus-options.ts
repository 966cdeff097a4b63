/** What a consensus instance is made with; one epoch's worth. */
import type { Block, BlockContext, ChainSpec, ValidatorSet } from '@cairn/chain'
import type { Hash, Verdict } from '@cairn/primitives'
import type { EvidenceBook } from './evidence/evidence-book.ts'

/** The application's deterministic checks of a block without state; `@cairn/chain`'s for the EVM. */
export interface BlockChecks {
  /** Whether the bytes belong to the header. A rejection is the sender's fault, never the leader's. */
  checkBlockData(block: Block): Verdict
  /** Whether the block follows from its parent. A rejection is the leader's fault (R5). */
  checkBlock(block: Block, context: BlockContext): Verdict
}

export interface ConsensusOptions {
  readonly spec: ChainSpec
  readonly validators: ValidatorSet
  /** seed_e of the leader schedule. */
  readonly leaderSeed: Hash
  /** Own index in `validators`; `undefined`: follows, checks and relays, but never votes. */
  readonly self: number | undefined
  /** Seeds the ± 20 % of R9; any 32-bit number, different on each node. Nothing else is random. */
  readonly jitterSeed: number
  readonly blockChecks: BlockChecks
  /** Outlives the epoch; absent: an empty one. */
  readonly evidence?: EvidenceBook
  /** Mutants for the simulator's own test: rules that are left out. Never set outside of it. */
  readonly mutations?: { readonly finalizeAfterNullify?: boolean; readonly skipGapCheck?: boolean }
}
