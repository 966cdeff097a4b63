/**
 * Evidence of equivocation (consensus.md «Slashable»): two messages of one view that no honest signer lets exist.
 *
 * From votes: two N or two F of different hashes, or X and F, by one validator. From certificates: the same pairs; who
 * signed both is the intersection of the bitmaps, more than a third of the weight, since both are quorums. From a vote and a
 * certificate: the same pairs; the voter is among those who have signed the certificate (where votes go to collectors, hardly
 * anybody sees two single ones).
 * Not slashable: N and X; N(h′) and F(h); one vote twice; anything of two views, epochs or chains.
 *
 * A piece of evidence proves itself: genesis hash and the validator set of its own epoch are all that verifying takes,
 * so rotating keys at an epoch change saves nobody.
 */
import type { BlsKeySet } from '@cairn/crypto'
import type { Epoch, Hash, Verdict, View } from '@cairn/primitives'
import { verifyCertificate, verifyVote } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { indicesFromBitmap } from './signers.ts'
import type { ValidatorSet } from './validator-set.ts'
import type { Vote, VoteSubject } from './vote.ts'

/** Two votes of one validator. Ordered, so that a pair has one encoding: by kind (N, X, F), then by hash. */
export interface VoteEvidence {
  readonly type: 'votes'
  readonly first: Vote
  readonly second: Vote
}

/** Two certificates of one view, ordered in the same way. Offenders: who signed both. */
export interface CertificateEvidence {
  readonly type: 'certificates'
  readonly first: Certificate
  readonly second: Certificate
}

/** A vote and a certificate of one view that its validator has signed as well. */
export interface MixedEvidence {
  readonly type: 'vote-and-certificate'
  readonly first: Vote
  readonly second: Certificate
}

export type Evidence = VoteEvidence | CertificateEvidence | MixedEvidence

/** Which rule was broken: sN, sF, or sX against sF. */
export type OffenceKind = 'double-notarize' | 'double-finalize' | 'nullify-and-finalize'

/** One broken rule of one view; with an offender, what evidence is deduplicated by. */
export interface Offence {
  readonly kind: OffenceKind
  readonly epoch: Epoch
  readonly view: View
}

/** `accept`: proven against `offenders`, ascending indices into the set of the evidence's epoch, at least one. */
export type EvidenceVerdict =
  | { readonly verdict: 'accept'; readonly offenders: readonly number[] }
  | Exclude<Verdict, { readonly verdict: 'accept' }>

/** `undefined` unless the two votes are slashable together. No signature is checked. */
export function evidenceFromVotes(a: Vote, b: Vote): VoteEvidence | undefined {
  const [first, second] = isOrdered(a, b) ? [a, b] : [b, a]
  const evidence: VoteEvidence = { type: 'votes', first, second }
  return isConflicting(evidence) ? evidence : undefined
}

/** `undefined` unless whoever signed both certificates is slashable. No signature is checked. */
export function evidenceFromCertificates(a: Certificate, b: Certificate): CertificateEvidence | undefined {
  const [first, second] = isOrdered(a, b) ? [a, b] : [b, a]
  const evidence: CertificateEvidence = { type: 'certificates', first, second }
  return isConflicting(evidence) ? evidence : undefined
}

/** `undefined` unless the certificate bears the vote's validator's signature and the two are slashable. No signature is checked. */
export function evidenceFromVoteAndCertificate(vote: Vote, certificate: Certificate): MixedEvidence | undefined {
  const evidence: MixedEvidence = { type: 'vote-and-certificate', first: vote, second: certificate }
  return isConflicting(evidence) ? evidence : undefined
}

/** Whether the pair is slashable and in order: all that needs neither keys nor sets. */
export function isConflicting({ type, first, second }: Evidence): boolean {
  if (type === 'votes' && first.validator !== second.validator) return false
  if (first.epoch !== second.epoch || first.view !== second.view) return false
  if (type === 'vote-and-certificate') {
    if (((second.signers[first.validator >> 3] ?? 0) & (1 << (first.validator & 7))) === 0) return false
    if (first.kind === second.kind) return first.kind !== 'nullify' && first.hash !== second.hash
    return first.kind !== 'notarize' && second.kind !== 'notarize'
  }
  if (first.kind === second.kind) return first.kind !== 'nullify' && first.hash < second.hash
  return first.kind === 'nullify' && second.kind === 'finalize'
}

/** The evidence is conflicting. */
export function offenceOf({ first, second }: Evidence): Offence {
  const { epoch, view } = first
  const isExclusive = first.kind !== second.kind
  const kind = isExclusive ? 'nullify-and-finalize' : OFFENCE_BY_KIND[second.kind]
  return { kind, epoch, view }
}

/** Who is accused, ascending indices into the set of the evidence's epoch: without checked signatures no more than that. */
export function accusedOf(evidence: Evidence): readonly number[] {
  if (evidence.type !== 'certificates') return [evidence.first.validator]
  const { signers } = evidence.second
  const both = evidence.first.signers.map((byte, index) => byte & (signers[index] ?? 0))
  return indicesFromBitmap(both, both.length * 8) ?? []
}

/**
 * Whether the evidence proves what it says, from its bytes alone. Two verifications. `set` is the set of the evidence's
 * own epoch, `keySet` its keys in order. All signatures are over the genesis hash: another chain's evidence is refused.
 */
export function verifyEvidence(
  evidence: Evidence,
  set: ValidatorSet,
  keySet: BlsKeySet,
  genesisHash: Hash,
): EvidenceVerdict {
  if (!isConflicting(evidence)) return EVIDENCE_NOT_CONFLICTING
  for (const half of [evidence.first, evidence.second]) {
    const verdict =
      'validator' in half
        ? verifyVote(half, set, keySet, genesisHash)
        : verifyCertificate(half, set, keySet, genesisHash)
    if (verdict.verdict !== 'accept') return verdict
  }
  return { verdict: 'accept', offenders: accusedOf(evidence) }
}

const EVIDENCE_NOT_CONFLICTING = { verdict: 'reject', code: 'EVIDENCE_NOT_CONFLICTING' } as const

const OFFENCE_BY_KIND = {
  notarize: 'double-notarize',
  finalize: 'double-finalize',
  nullify: 'nullify-and-finalize',
} as const

const KIND_ORDER = { notarize: 0, nullify: 1, finalize: 2 } as const

function isOrdered(a: VoteSubject, b: VoteSubject): boolean {
  return a.kind === b.kind ? a.hash < b.hash : KIND_ORDER[a.kind] < KIND_ORDER[b.kind]
}
