/**
 * Votes: what a validator signs. consensus.md «Objects»; signed bytes have a fixed length so that no two
 * subjects share an encoding, and the genesis hash in them keeps a vote from being replayed on another chain.
 */
import type { Epoch, Hash, View } from '@cairn/primitives'

/** N, X and F of the specification. */
export type VoteKind = 'notarize' | 'nullify' | 'finalize'

/** What is voted for. `hash` is `ZERO_HASH` for a nullify vote: it names a view, not a block. */
export interface VoteSubject {
  readonly kind: VoteKind
  readonly epoch: Epoch
  readonly view: View
  readonly hash: Hash
}

/** A subject signed by one validator of the epoch's set. */
export interface Vote extends VoteSubject {
  /** Index into the epoch's ordered validator set. */
  readonly validator: number
  /** BLS12-381 signature in G2, compressed, 96 bytes, over `voteSigningBytes`. */
  readonly signature: Uint8Array
}
