/** Weighted validator sets; quorum arithmetic in `bigint`, never floating point. */
import type { Address, Epoch, Hash } from '@cairn/primitives'

export interface Validator {
  /** BLS12-381 public key in G1, compressed, 48 bytes. */
  readonly publicKey: Uint8Array
  /** Voting weight, ≥ 1. */
  readonly weight: bigint
  /** Receives the priority fees of the blocks this validator proposes. */
  readonly feeRecipient: Address
  /** libp2p peer id (base58/CIDv1 text) of the validator's node, for validator connection slots; empty when unknown. */
  readonly peerId: string
}

/** The ordered set of one epoch. `hash` commits to it: keccak256 of its canonical RLP. */
export interface ValidatorSet {
  readonly epoch: Epoch
  readonly validators: readonly Validator[]
  readonly hash: Hash
  /** W = Σ w_i */
  readonly totalWeight: bigint
  /** q = ⌊2W/3⌋ + 1 */
  readonly quorum: bigint
}
