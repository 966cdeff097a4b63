/**
 * Blocks. The consensus header commits to a real Ethereum block (the payload) by its hash, the same split
 * as Ethereum's consensus and execution layers; the access list is carried beside it (EIP-7928 form).
 */
import type { Epoch, Hash, Height, View } from '@cairn/primitives'
import type { Certificate, EntryProof } from './certificate.ts'
import type { Vote } from './vote.ts'

/** What consensus agrees on. Its hash is keccak256 of its canonical RLP, fields in this order. */
export interface ConsensusHeader {
  readonly chainId: number
  readonly epoch: Epoch
  /** View in which the block was first proposed. */
  readonly view: View
  readonly parentView: View
  readonly height: Height
  readonly parentHash: Hash
  /** Unix time in milliseconds, greater than the parent's. */
  readonly timeMs: number
  /** Index of the proposer in the epoch's validator set. */
  readonly proposer: number
  readonly executionBlockHash: Hash
  /** Root after this block's execution. */
  readonly stateRoot: Hash
  /** keccak256 of `Block.accessList`. */
  readonly accessListHash: Hash
  /** keccak256 of `Block.evidence`. */
  readonly evidenceRoot: Hash
  /** BLS signature of the proposer over (epoch, view) under the RANDAO kind, 96 bytes; empty in genesis. */
  readonly randaoReveal: Uint8Array
  readonly validatorSetHash: Hash
  /** Only on an epoch's last block: hash of the next epoch's validator set; else `ZERO_HASH`. */
  readonly nextValidatorSetHash: Hash
}

/** Header and data. Immutable; `hash` is a function of `header` and computed once by `blockFromParts`. */
export interface Block {
  readonly header: ConsensusHeader
  readonly hash: Hash
  /** RLP of the full Ethereum block: header, transactions, no ommers, withdrawals. */
  readonly payload: Uint8Array
  /** RLP of the block-level access list (EIP-7928). */
  readonly accessList: Uint8Array
  /** RLP of the list of included evidence; nearly always the empty list, `NO_EVIDENCE`. */
  readonly evidence: Uint8Array
}

/** A leader's message for a view; justifies itself with the entry proof. */
export interface Proposal {
  readonly block: Block
  readonly epoch: Epoch
  /** The view proposed for; greater than `block.header.view` when a boundary block is re-proposed. */
  readonly view: View
  readonly parentView: View
  readonly parentHash: Hash
  readonly entryProof: EntryProof
  /** The leader's notarize vote for (view, block.hash). */
  readonly vote: Vote
}

/** Sent at standstill (R9): enough for a peer that missed everything to enter the sender's view. */
export interface Status {
  readonly epoch: Epoch
  /** Best finalization; `undefined` before the epoch's first. */
  readonly finalization: Certificate | undefined
  readonly entryProof: EntryProof
  /** The sender's own votes of views ≥ the entry proof's base. */
  readonly votes: readonly Vote[]
}
