/**
 * Certificates: one aggregate signature of more than two thirds of the epoch's weight.
 * Kept outside the block hash, because they are not unique: any quorum makes one.
 */
import type { VoteSubject } from './vote.ts'

/** Notarization, nullification or finalization, by `kind`. */
export interface Certificate extends VoteSubject {
  /** Bit i (little-endian within each byte) is set when validator i signed; ⌈n/8⌉ bytes, padding bits zero. */
  readonly signers: Uint8Array
  /** Aggregate BLS signature, compressed, 96 bytes. */
  readonly signature: Uint8Array
}

/**
 * Why a view may be entered (R1): a notarization or finalization of the newest justified view before it
 * (`undefined`: genesis_e, view 0) and a nullification of every view between the two, ascending.
 */
export interface EntryProof {
  readonly base: Certificate | undefined
  readonly nullifications: readonly Certificate[]
}
