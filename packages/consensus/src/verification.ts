/**
 * Signature checks as requests and results. The rules never call BLS: the runtime (on a worker, where there
 * is one) calls `performVerification` and feeds the result back. One request is one unit of blame.
 */
import {
  assembleCertificate,
  decodeEvidenceList,
  randaoSigningBytes,
  verifyCertificate,
  verifyEvidence,
  verifyLeaving,
  verifyVote,
  voteSigningBytes,
} from '@cairn/chain'
import type { Block, Certificate, Evidence, Leaving, Proposal, ValidatorSet, Vote } from '@cairn/chain'
import { CodedError, assert } from '@cairn/primitives'
import type { Hash, Verdict } from '@cairn/primitives'
import type { Bls, BlsKeySet } from '@cairn/crypto'
import type { EvidenceVerifier } from './evidence/evidence-verifier.ts'

export type VerificationRequest =
  /** Where a single vote matters: a conflicting one, the leader's nullify. */
  | { readonly kind: 'vote'; readonly vote: Vote }
  /** R6: votes of one subject by distinct validators, weight ≥ q. One aggregate verification, bisected on failure. */
  | { readonly kind: 'aggregate'; readonly votes: readonly Vote[] }
  /** Of the current epoch; shape and weight are already checked. */
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  /** Found by a peer. */
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  | { readonly kind: 'leaving'; readonly leaving: Leaving }
  /** The leader's vote, then the proposer's RANDAO reveal and the block's evidence. */
  | { readonly kind: 'proposal'; readonly proposal: Proposal }

export type VerificationResult =
  | { readonly kind: 'vote'; readonly isValid: boolean }
  /** `certificate` when all were valid; else the validator indices of the bad ones, ascending and not empty. */
  | { readonly kind: 'aggregate'; readonly certificate: Certificate | undefined; readonly invalid: readonly number[] }
  | { readonly kind: 'certificate'; readonly isValid: boolean }
  | { readonly kind: 'leaving'; readonly isValid: boolean }
  /** `ignore`: of an epoch whose validators are not known here. */
  | { readonly kind: 'evidence'; readonly verdict: Verdict['verdict'] }
  | {
      readonly kind: 'proposal'
      readonly isVoteValid: boolean
      readonly isRandaoValid: boolean
      /** The worst of the block's items; `accept` without any. */
      readonly evidence: Verdict['verdict']
    }

/** What verifying needs; all of it belongs to one epoch. */
export interface VerificationContext {
  readonly bls: Bls
  /** Keys of `validators`, in order. */
  readonly keys: BlsKeySet
  readonly validators: ValidatorSet
  readonly genesisHash: Hash
  /** Absent: only evidence of this epoch can be judged. */
  readonly verifyEvidence?: EvidenceVerifier
}

/** Pure and synchronous; milliseconds of BLS arithmetic. Never throws for bad signatures. */
export function performVerification(request: VerificationRequest, context: VerificationContext): VerificationResult {
  switch (request.kind) {
    case 'vote':
      return { kind: 'vote', isValid: isVoteValid(request.vote, context) }
    case 'certificate':
      return { kind: 'certificate', isValid: isCertificateValid(request.certificate, context) }
    case 'leaving': {
      const { validators, keys, genesisHash } = context
      const isValid = verifyLeaving(request.leaving, validators, keys, genesisHash).verdict === 'accept'
      return { kind: 'leaving', isValid }
    }
    case 'evidence':
      return { kind: 'evidence', verdict: judgeEvidence(request.evidence, context) }
    case 'aggregate':
      return verifyAggregate(request.votes, context)
    default: {
      const { vote, block } = request.proposal
      const { epoch, view, proposer, randaoReveal } = block.header
      const bytes = randaoSigningBytes(context.genesisHash, epoch, view)
      const isVoteGood = isVoteValid(vote, context)
      // Only the leader's word makes the reveal worth a verification.
      const isRandaoValid = isVoteGood && context.keys.verify(proposer, bytes, randaoReveal)
      const evidence = isRandaoValid ? judgeEvidenceOf(block, context) : 'reject'
      return { kind: 'proposal', isVoteValid: isVoteGood, isRandaoValid, evidence }
    }
  }
}

function judgeEvidenceOf(block: Block, context: VerificationContext): Verdict['verdict'] {
  const items = decodeEvidenceList(block.evidence)
  const verdicts = items.ok ? items.value.map((evidence) => judgeEvidence(evidence, context)) : ['reject' as const]
  if (verdicts.includes('reject')) return 'reject'
  return verdicts.includes('ignore') ? 'ignore' : 'accept'
}

function judgeEvidence(evidence: Evidence, context: VerificationContext): Verdict['verdict'] {
  const { verifyEvidence: verify, validators, keys, genesisHash } = context
  if (verify !== undefined) return verify(evidence).verdict
  if (evidence.first.epoch !== validators.epoch) return 'ignore'
  return verifyEvidence(evidence, validators, keys, genesisHash).verdict
}

function verifyAggregate(votes: readonly Vote[], context: VerificationContext): VerificationResult {
  const certificate = tryAssemble(votes, context)
  if (certificate !== undefined && isCertificateValid(certificate, context)) {
    return { kind: 'aggregate', certificate, invalid: [] }
  }
  return { kind: 'aggregate', certificate: undefined, invalid: bisect(votes, context).toSorted((a, b) => a - b) }
}

/** Validators of the votes with a bad signature; `votes` together is bad. O(bad · log n) aggregate verifications. */
function bisect(votes: readonly Vote[], context: VerificationContext): readonly number[] {
  if (votes.length === 1) return votes.map((vote) => vote.validator)
  const middle = votes.length >> 1
  const halves = [votes.slice(0, middle), votes.slice(middle)]
  const bad = halves.flatMap((half) => (isAggregateValid(half, context) ? [] : bisect(half, context)))
  assert(bad.length > 0, 'two good aggregates join to a good one')
  return bad
}

function isAggregateValid(votes: readonly Vote[], context: VerificationContext): boolean {
  const certificate = tryAssemble(votes, context)
  if (certificate === undefined) return false
  const indices = votes.map((vote) => vote.validator).toSorted((a, b) => a - b)
  const message = voteSigningBytes(context.genesisHash, certificate)
  return context.keys.verifyAggregate(indices, message, certificate.signature)
}

/** `undefined` when a signature is malformed. */
function tryAssemble(votes: readonly Vote[], context: VerificationContext): Certificate | undefined {
  const [subject] = votes
  assert(subject !== undefined, 'an aggregate has votes')
  try {
    return assembleCertificate(subject, votes, context.bls, context.validators.validators.length)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'BLS_BAD_SIGNATURE') return undefined
    throw error
  }
}

function isVoteValid(vote: Vote, { validators, keys, genesisHash }: VerificationContext): boolean {
  return verifyVote(vote, validators, keys, genesisHash).verdict === 'accept'
}

function isCertificateValid(certificate: Certificate, { validators, keys, genesisHash }: VerificationContext): boolean {
  return verifyCertificate(certificate, validators, keys, genesisHash).verdict === 'accept'
}
