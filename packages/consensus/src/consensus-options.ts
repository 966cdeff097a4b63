/** What a consensus instance is made with; one epoch's worth. */
import type { ConsensusTiming, ValidatorSet } from '@cairn/chain'
import type { Hash } from '@cairn/primitives'

export interface ConsensusOptions {
  readonly chainId: number
  readonly epochLengthBlocks: number
  readonly timing: ConsensusTiming
  readonly validators: ValidatorSet
  /** seed_e of the leader schedule. */
  readonly leaderSeed: Hash
  /** Own index in `validators`; `undefined`: follows, checks and relays, but never votes. */
  readonly self: number | undefined
  /** Seeds the ± 20 % of R9; any 32-bit number, different on each node. Nothing else is random. */
  readonly jitterSeed: number
  /** Mutants for the simulator's own test: rules that are left out. Never set outside of it. */
  readonly mutations?: { readonly finalizeAfterNullify?: boolean; readonly skipGapCheck?: boolean }
}
