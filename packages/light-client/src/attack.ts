/**
 * Proof of an attack on light clients from bytes alone: whoever knows the set that both sides began with can check it and
 * who is to blame.
 *
 * - *equivocation*: one set has finalized two ends of its epoch in one view: slashable (`double-finalize`);
 * - *amnesia*: the same in two views: some signer forgot the lock of R4. Not slashable by the pair, since no single
 *   message is false by itself; who signed both is more than a third of the weight;
 * - *lunatic*: more than a third of the weight of a known set has signed a block that does not follow from its chain:
 *   made-up validators or a made-up state. Everybody who signed it is to blame.
 */
import { accusedOf, checkCertificateShape, evidenceFromCertificates, hashHeader } from '@cairn/chain'
import type { AttackReport, CertificateEvidence, SignedEnd, ValidatorSet } from '@cairn/chain'
import { hexFromBytes } from '@cairn/primitives'
import type { Epoch, Hex } from '@cairn/primitives'
import { isFinalized, isSignedByProvenKeys, signerKeys, trustedWeightOf } from './verify-block.ts'
import type { ChainRules, ProvenEnd } from './verify-block.ts'

export interface AttackProof {
  readonly kind: 'equivocation' | 'amnesia' | 'lunatic'
  /** What both sides agree on: the set after the common ancestor. */
  readonly common: ValidatorSet
  /** Of the lunatic, or one side of the fork. */
  readonly block: ProvenEnd
  /** The other side, of the same epoch. Of a lunatic: what the common chain's own validators have finalized there. */
  readonly other: ProvenEnd
}

export type AttackVerdict =
  | {
      readonly verdict: 'accept'
      /** Public keys; members of `common`, or for a fork of the set of both blocks. */
      readonly offenders: readonly Hex[]
      /** For the evidence pool, where the pair is slashable. */
      readonly evidence: CertificateEvidence | undefined
    }
  | {
      readonly verdict: 'reject'
      readonly code:
        | 'ATTACK_NO_CONFLICT'
        | 'ATTACK_NOT_FINALIZED'
        | 'ATTACK_WRONG_KIND'
        | 'ATTACK_NOT_COMMON'
        | 'ATTACK_UNPROVEN_KEYS'
    }

/** Two ends of one epoch by one set; both are finalized by it. */
export function forkProof(common: ValidatorSet, block: ProvenEnd, other: ProvenEnd): AttackProof {
  const isOneView = evidenceFromCertificates(block.finalization, other.finalization) !== undefined
  return { kind: isOneView ? 'equivocation' : 'amnesia', common, block, other }
}

/** For full nodes, which know the validators of the chain. */
export function attackReport({ kind, common, block, other }: AttackProof): AttackReport {
  if (kind === 'lunatic')
    return { type: 'lunatic', commonEpoch: common.epoch, end: endOf(block), validators: block.validators }
  const [first, second] = block.finalization.hash < other.finalization.hash ? [block, other] : [other, block]
  return { type: 'fork', first: endOf(first), second: endOf(second) }
}

/** What a full node knows of its own chain. */
export interface KnownChain {
  readonly setOf: (epoch: Epoch) => ValidatorSet | undefined
  /** Of an epoch that has ended. */
  readonly endOf: (epoch: Epoch) => SignedEnd | undefined
}

/** The proof that a report stands for on `chain`, not verified yet; `undefined`: it is of epochs that the node does not know. */
export function attackFromReport(report: AttackReport, chain: KnownChain): AttackProof | undefined {
  if (report.type === 'fork') {
    const validators = chain.setOf(report.first.header.epoch)
    return validators && forkProof(validators, { ...report.first, validators }, { ...report.second, validators })
  }
  const { end, validators } = report
  const common = chain.setOf(report.commonEpoch)
  const ownSet = chain.setOf(end.header.epoch)
  const own = chain.endOf(end.header.epoch)
  if (common === undefined || ownSet === undefined || own === undefined) return undefined
  return { kind: 'lunatic', common, block: { ...end, validators }, other: { ...own, validators: ownSet } }
}

/**
 * Checks a proof anew: `proof.common` must be a set that the caller knows to be the chain's, and for a lunatic `other` must
 * be on its chain. Integers first, then two aggregate verifications.
 */
export function verifyAttack(proof: AttackProof, rules: ChainRules): AttackVerdict {
  const { kind, common, block, other } = proof
  const isConflict = block.header.epoch === other.header.epoch && hashHeader(block.header) !== hashHeader(other.header)
  if (!isConflict) return reject('ATTACK_NO_CONFLICT')
  const isFork = block.validators.hash === common.hash && other.validators.hash === common.hash
  if (isFork !== (kind !== 'lunatic')) return reject('ATTACK_WRONG_KIND')
  const isShaped = [block, other].every(
    ({ finalization, validators }) => checkCertificateShape(finalization, validators).verdict === 'accept',
  )
  if (!isShaped) return reject('ATTACK_NOT_FINALIZED')
  if (!isFork && 3n * trustedWeightOf(block, common) <= common.totalWeight) return reject('ATTACK_NOT_COMMON')
  // A made-up set may hold a key that cancels honest ones out of the aggregate, and would accuse those who have signed nothing.
  if (!isFork && !isSignedByProvenKeys(block, common, rules)) return reject('ATTACK_UNPROVEN_KEYS')
  if (!isFinalized(block, rules) || !isFinalized(other, rules)) return reject('ATTACK_NOT_FINALIZED')
  if (!isFork) {
    const members = new Set(common.validators.map(({ publicKey }) => hexFromBytes(publicKey)))
    const offenders = signerKeys(block).filter((key) => members.has(key))
    return { verdict: 'accept', offenders, evidence: undefined }
  }
  const evidence = evidenceFromCertificates(block.finalization, other.finalization)
  if ((evidence !== undefined) !== (kind === 'equivocation')) return reject('ATTACK_WRONG_KIND')
  return { verdict: 'accept', offenders: signersOfBoth(block, other), evidence }
}

function endOf({ header, finalization }: ProvenEnd): SignedEnd {
  return { header, finalization }
}

function signersOfBoth(block: ProvenEnd, other: ProvenEnd): readonly Hex[] {
  const pair = { type: 'certificates', first: block.finalization, second: other.finalization } as const
  return accusedOf(pair).flatMap((index) => {
    const member = block.validators.validators[index]
    return member === undefined ? [] : [hexFromBytes(member.publicKey)]
  })
}

function reject(code: Extract<AttackVerdict, { verdict: 'reject' }>['code']): AttackVerdict {
  return { verdict: 'reject', code }
}
