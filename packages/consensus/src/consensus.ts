/**
 * Simplex consensus, weighted, for one epoch: a deterministic state machine without clock, I/O, promises or
 * randomness. See README for the rules by number.
 */
import type { Block, Certificate, Status } from '@cairn/chain'
import type { Hash, Verdict, View } from '@cairn/primitives'
import type { Effect } from './effect.ts'
import type { FinalizedHead, Input, Now } from './input.ts'

/** One running instance. It owns its state: `step` changes it in place. */
export interface Consensus {
  /** Handles one input, then runs the rules to a fixpoint (R0). Same options and inputs ⇒ same effects. */
  step(input: Input, now: Now): readonly Effect[]
  /** Verdict for gossip on a message before it is stepped: shape, window, duplicates; no signature is checked. */
  screen(message: Message): Verdict
  readonly view: View
  readonly finalizedView: View
  /** Newest block handed to `commit` (or `synced`). */
  readonly head: FinalizedHead
  readonly halted: boolean
  /** Index of leader(epoch, view). */
  leader(view: View): number
  /** A block above the head that is held in memory; answers BlocksByHash. */
  block(hash: Hash): Block | undefined
  /** Answers Certs(epoch, from view): the newest finalization, then by view, at most `CERTIFICATES_ANSWER_MAX`. */
  certificatesFrom(view: View): readonly Certificate[]
  /** The Status that would be sent now. */
  status(): Status
}

/** The inputs that come by gossip. */
export type Message = Extract<Input, { type: 'proposal' | 'vote' | 'certificate' | 'status' }>
