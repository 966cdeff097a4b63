/**
 * Signature checks as requests and results. The rules never call BLS: the runtime (on a worker, where there
 * is one) calls `performVerification` and feeds the result back. One request is one unit of blame.
 */
import type { Certificate, Proposal, ValidatorSet, Vote } from '@cairn/chain'
import type { Hash } from '@cairn/primitives'
import type { Bls, BlsKeySet } from '@cairn/crypto'

export type VerificationRequest =
  /** Each vote on its own: conflicting votes, the leader's nullify vote. */
  | { readonly kind: 'votes'; readonly votes: readonly Vote[] }
  /** R6: votes of one subject by distinct validators, weight ≥ q. One aggregate verification, bisected on failure. */
  | { readonly kind: 'aggregate'; readonly votes: readonly Vote[] }
  /** Of the current epoch; shape and weight are already checked. */
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  /** The leader's vote and the proposer's RANDAO reveal. */
  | { readonly kind: 'proposal'; readonly proposal: Proposal }

export type VerificationResult =
  /** Same order and length as `votes`. */
  | { readonly kind: 'votes'; readonly valid: readonly boolean[] }
  /** `certificate` when all were valid; else the validator indices of the bad ones, ascending and not empty. */
  | { readonly kind: 'aggregate'; readonly certificate: Certificate | undefined; readonly invalid: readonly number[] }
  | { readonly kind: 'certificate'; readonly valid: boolean }
  | { readonly kind: 'proposal'; readonly vote: boolean; readonly randao: boolean }

/** What verifying needs; all of it belongs to one epoch. */
export interface VerificationContext {
  readonly bls: Bls
  /** Keys of `validators`, in order. */
  readonly keys: BlsKeySet
  readonly validators: ValidatorSet
  readonly genesisHash: Hash
}
