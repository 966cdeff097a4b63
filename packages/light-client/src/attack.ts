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
import { accusedOf, evidenceFromCertificates, hashHeader } from '@cairn/chain'
import type { CertificateEvidence, LightBlock, ValidatorSet } from '@cairn/chain'
import { hexFromBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'
import { isFinalized, signerKeys, trustedWeightOf } from './verify-block.ts'
import type { ChainRules } from './verify-block.ts'

export interface AttackProof {
  readonly kind: 'equivocation' | 'amnesia' | 'lunatic'
  /** What both sides agree on: the set after the common ancestor. */
  readonly common: ValidatorSet
  /** Of the lunatic, or one side of the fork. */
  readonly block: LightBlock
  /** The other side, of the same epoch. Of a lunatic: what the common chain's own validators have finalized there. */
  readonly other: LightBlock
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
      readonly code: 'ATTACK_NO_CONFLICT' | 'ATTACK_NOT_FINALIZED' | 'ATTACK_WRONG_KIND' | 'ATTACK_NOT_COMMON'
    }

/** Two ends of one epoch by one set; both are finalized by it. */
export function forkProof(common: ValidatorSet, block: LightBlock, other: LightBlock): AttackProof {
  const isOneView = evidenceFromCertificates(block.finalization, other.finalization) !== undefined
  return { kind: isOneView ? 'equivocation' : 'amnesia', common, block, other }
}

/**
 * Checks a proof anew: `proof.common` must be a set that the caller knows to be the chain's, and for a lunatic `other` must
 * be on its chain. Two aggregate verifications.
 */
export function verifyAttack(proof: AttackProof, rules: ChainRules): AttackVerdict {
  const { kind, common, block, other } = proof
  const isConflict = block.header.epoch === other.header.epoch && hashHeader(block.header) !== hashHeader(other.header)
  if (!isConflict) return reject('ATTACK_NO_CONFLICT')
  const isFork = block.validators.hash === common.hash && other.validators.hash === common.hash
  if (isFork !== (kind !== 'lunatic')) return reject('ATTACK_WRONG_KIND')
  if (!isFinalized(block, rules) || !isFinalized(other, rules)) return reject('ATTACK_NOT_FINALIZED')
  if (!isFork) {
    if (3n * trustedWeightOf(block, common) <= common.totalWeight) return reject('ATTACK_NOT_COMMON')
    const members = new Set(common.validators.map(({ publicKey }) => hexFromBytes(publicKey)))
    const offenders = signerKeys(block).filter((key) => members.has(key))
    return { verdict: 'accept', offenders, evidence: undefined }
  }
  const evidence = evidenceFromCertificates(block.finalization, other.finalization)
  if ((evidence !== undefined) !== (kind === 'equivocation')) return reject('ATTACK_WRONG_KIND')
  return { verdict: 'accept', offenders: signersOfBoth(block, other), evidence }
}

function signersOfBoth(block: LightBlock, other: LightBlock): readonly Hex[] {
  const pair = { type: 'certificates', first: block.finalization, second: other.finalization } as const
  return accusedOf(pair).flatMap((index) => {
    const member = block.validators.validators[index]
    return member === undefined ? [] : [hexFromBytes(member.publicKey)]
  })
}

function reject(code: Extract<AttackVerdict, { verdict: 'reject' }>['code']): AttackVerdict {
  return { verdict: 'reject', code }
}
