/** What a consensus instance is made with. */
import type { Block, BlockContext, ChainSpec, ValidatorSet } from '@cairn/chain'
import type { Verdict } from '@cairn/primitives'
import type { EvidenceBook } from './evidence/evidence-book.ts'

/** The application's deterministic checks of a block without state; `@cairn/chain`'s for the EVM. */
export interface BlockChecks {
  /** Whether the bytes belong to the header. A rejection is the sender's fault, never the leader's. */
  checkBlockData(block: Block): Verdict
  /** Whether the block follows from its parent. A rejection is the leader's fault (R5). */
  checkBlock(block: Block, context: BlockContext): Verdict
}

/** From how many validators on votes go to how many collectors. It need not be the same everywhere: only traffic depends on it. */
export interface Dissemination {
  /** Up to so many validators send everything to everybody. */
  readonly gossipMax: number
  readonly collectors: number
}

export interface ConsensusOptions {
  readonly spec: ChainSpec
  /** 48 bytes; votes in each epoch whose set has it. `undefined`: follows, checks and relays, but never votes. */
  readonly publicKey: Uint8Array | undefined
  /** Seeds the ± 20 % of R9; any 32-bit number, different on each node. Nothing else is random. */
  readonly jitterSeed: number
  readonly blockChecks: BlockChecks
  /** Outlives the epoch; absent: an empty one. */
  readonly evidence?: EvidenceBook
  /** Absent: as `limits.ts` has it. */
  readonly dissemination?: Dissemination
}

/** The options as the rules of one epoch see them. */
export interface EpochOptions extends ConsensusOptions {
  readonly validators: ValidatorSet
  /** Own index in `validators`; `undefined`: does not vote in this epoch. */
  readonly self: number | undefined
}
