/**
 * Certificates: one aggregate signature of more than two thirds of the epoch's weight.
 * Kept outside the block hash, because they are not unique: any quorum makes one.
 */
import type { Bls, BlsKeySet } from '@cairn/crypto'
import { ACCEPT, assert, reject } from '@cairn/primitives'
import type { Hash, Verdict } from '@cairn/primitives'
import { bitmapFromIndices, indicesFromBitmap } from './signers.ts'
import { voteSigningBytes } from './signing.ts'
import type { ValidatorSet } from './validator-set.ts'
import { weightOf } from './validator-set.ts'
import type { Vote, VoteSubject } from './vote.ts'

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

/** Epoch, bitmap and weight ≥ q: all but the signature. `set` is the set of the certificate's epoch. */
export function checkCertificateShape(certificate: Certificate, set: ValidatorSet): Verdict {
  if (certificate.epoch !== set.epoch) return reject('CERTIFICATE_WRONG_EPOCH')
  const indices = indicesFromBitmap(certificate.signers, set.validators.length)
  if (indices === undefined) return reject('CERTIFICATE_BAD_BITMAP')
  if (weightOf(set, indices) < set.quorum) return reject('CERTIFICATE_BELOW_QUORUM')
  return ACCEPT
}

/** R6: the shape, then ONE aggregate verification. `keySet` holds the keys of `set`, in its order. */
export function verifyCertificate(
  certificate: Certificate,
  set: ValidatorSet,
  keySet: BlsKeySet,
  genesisHash: Hash,
): Verdict {
  const shape = checkCertificateShape(certificate, set)
  if (shape.verdict !== 'accept') return shape
  const indices = indicesFromBitmap(certificate.signers, set.validators.length) ?? []
  const isGood = keySet.verifyAggregate(indices, voteSigningBytes(genesisHash, certificate), certificate.signature)
  return isGood ? ACCEPT : reject('CERTIFICATE_BAD_SIGNATURE')
}

/** One vote of a validator of `set`. `keySet` holds the keys of `set`, in its order. */
export function verifyVote(vote: Vote, set: ValidatorSet, keySet: BlsKeySet, genesisHash: Hash): Verdict {
  if (vote.epoch !== set.epoch) return reject('VOTE_WRONG_EPOCH')
  if (vote.validator >= set.validators.length) return reject('VOTE_UNKNOWN_VALIDATOR')
  const isGood = keySet.verify(vote.validator, voteSigningBytes(genesisHash, vote), vote.signature)
  return isGood ? ACCEPT : reject('VOTE_BAD_SIGNATURE')
}

/**
 * Aggregates votes of distinct validators for exactly `subject`; `size` is the number of validators in the epoch's set.
 * The result is as good as the votes: R6 verifies it once.
 * @throws CodedError `BLS_BAD_SIGNATURE` with the index into `votes` when a signature is malformed
 */
export function assembleCertificate(subject: VoteSubject, votes: readonly Vote[], bls: Bls, size: number): Certificate {
  for (const vote of votes) assert(isSameSubject(vote, subject), 'a certificate joins votes for one subject')
  return {
    kind: subject.kind,
    epoch: subject.epoch,
    view: subject.view,
    hash: subject.hash,
    signers: bitmapFromIndices(
      votes.map((vote) => vote.validator),
      size,
    ),
    signature: bls.aggregate(votes.map((vote) => vote.signature)),
  }
}

function isSameSubject(a: VoteSubject, b: VoteSubject): boolean {
  return a.kind === b.kind && a.epoch === b.epoch && a.view === b.view && a.hash === b.hash
}
