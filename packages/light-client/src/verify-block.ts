/**
 * Whether a light block follows from what is trusted (consensus.md «Light client»). Everything that integers decide comes
 * first; the target set's keys are decompressed last, for one aggregate verification: the set may be large.
 *
 * Rules, by the words of the design:
 * - *same epoch*: the certificate names the header and is of the header's own set (`verifyEpochEnd`);
 * - *next epoch*: the block of the trusted epoch is finalized by the trusted set itself; the set after it is the one whose
 *   hash its header names (checked by the decoder);
 * - *skip*: signers hold > 1/3 of the trusted weight and ≥ q of the target set. Members are compared by BLS public key.
 *
 * Beyond the design: signers of a skip have proved possession of their keys, or are trusted. A made-up set could
 * otherwise hold a key that cancels the honest ones out of the aggregate, and «signers» that have signed nothing.
 */
import {
  CLOCK_DRIFT_MAX_MS,
  boundaryHeight,
  checkCertificateShape,
  hashHeader,
  indicesFromBitmap,
  verifyEpochEnd,
} from '@cairn/chain'
import type { LightBlock, ValidatorSet } from '@cairn/chain'
import type { BlsKeySet } from '@cairn/crypto'
import { CodedError, hexFromBytes } from '@cairn/primitives'
import type { Epoch, Hash, Hex } from '@cairn/primitives'
import { trustAfter } from './trust.ts'
import type { TrustedState } from './trust.ts'

/** No honest peer shows such a block; but for `LIGHT_FROM_FUTURE`, where the own clock may be the wrong one. */
export type BlockFault =
  | 'LIGHT_WRONG_CHAIN'
  | 'LIGHT_FROM_FUTURE'
  | 'LIGHT_NOT_LATER'
  | 'LIGHT_WRONG_SET'
  | 'LIGHT_BELOW_QUORUM'
  | 'LIGHT_BAD_CERTIFICATE'
  | 'LIGHT_CHECKPOINT_CONTRADICTED'

export type BlockJudgement =
  | { readonly kind: 'trusted'; readonly state: TrustedState }
  /** Good in itself, but too few of those who signed it are trusted: a nearer epoch has to be asked for. */
  | { readonly kind: 'too-far' }
  | { readonly kind: 'fault'; readonly code: BlockFault }

/** A light block without what comes after it. */
export type ProvenEnd = Pick<LightBlock, 'header' | 'finalization' | 'validators'>

/** What does not change while a chain is followed. */
export interface ChainRules {
  readonly chainId: number
  readonly genesisHash: Hash
  readonly epochLengthBlocks: number
  /** See `provenKeysOf`. */
  readonly provenKeys: ReadonlySet<Hex>
  /** Only a chain through it is followed. */
  readonly checkpoint?: EpochPoint | undefined
  /** @throws CodedError `BLS_BAD_PUBLIC_KEY` */
  readonly keysOf: (set: ValidatorSet) => BlsKeySet
}

/** The last block of an epoch. */
export interface EpochPoint {
  readonly epoch: Epoch
  readonly hash: Hash
}

/** `block` is of the trusted set's epoch or a later one. At most one aggregate verification. */
export function judgeLightBlock(
  block: LightBlock,
  trusted: TrustedState,
  rules: ChainRules,
  nowMs: number,
): BlockJudgement {
  const fault = plainFault(block, trusted, rules, nowMs)
  if (fault !== undefined) return { kind: 'fault', code: fault }
  if (block.header.epoch > trusted.validators.epoch && !isSkippable(block, trusted, rules)) return { kind: 'too-far' }
  if (!isFinalized(block, rules)) return { kind: 'fault', code: 'LIGHT_BAD_CERTIFICATE' }
  return { kind: 'trusted', state: trustAfter(block, trusted) }
}

/** Weight in the trusted set of those whose keys are among the signers of the block. */
export function trustedWeightOf(block: ProvenEnd, trusted: ValidatorSet): bigint {
  const signers = new Set(signerKeys(block))
  let weight = 0n
  for (const { publicKey, weight: own } of trusted.validators) {
    if (signers.has(hexFromBytes(publicKey))) weight += own
  }
  return weight
}

/** Public keys, in the order of the block's set. */
export function signerKeys({ finalization, validators }: ProvenEnd): readonly Hex[] {
  const indices = indicesFromBitmap(finalization.signers, validators.validators.length) ?? []
  return indices.flatMap((index) => {
    const signer = validators.validators[index]
    return signer === undefined ? [] : [hexFromBytes(signer.publicKey)]
  })
}

function plainFault(
  block: LightBlock,
  trusted: TrustedState,
  rules: ChainRules,
  nowMs: number,
): BlockFault | undefined {
  const { header, finalization, validators } = block
  const isOfChain =
    header.chainId === rules.chainId && header.height === boundaryHeight(header.epoch, rules.epochLengthBlocks)
  if (!isOfChain) return 'LIGHT_WRONG_CHAIN'
  if (header.timeMs > nowMs + CLOCK_DRIFT_MAX_MS) return 'LIGHT_FROM_FUTURE'
  if (header.timeMs <= trusted.header.timeMs || header.epoch < trusted.validators.epoch) return 'LIGHT_NOT_LATER'
  if (header.epoch === trusted.validators.epoch && validators.hash !== trusted.validators.hash) return 'LIGHT_WRONG_SET'
  const { checkpoint } = rules
  if (header.epoch === checkpoint?.epoch && hashHeader(header) !== checkpoint.hash) {
    return 'LIGHT_CHECKPOINT_CONTRADICTED'
  }
  const shape = checkCertificateShape(finalization, validators)
  if (shape.verdict === 'accept') return undefined
  return shape.code === 'CERTIFICATE_BELOW_QUORUM' ? 'LIGHT_BELOW_QUORUM' : 'LIGHT_BAD_CERTIFICATE'
}

function isSkippable(block: LightBlock, { validators }: TrustedState, rules: ChainRules): boolean {
  if (3n * trustedWeightOf(block, validators) <= validators.totalWeight) return false
  return isSignedByProvenKeys(block, validators, rules)
}

/** Without this an aggregate says nothing of any single one of its signers (rogue keys). */
export function isSignedByProvenKeys(block: ProvenEnd, trusted: ValidatorSet, { provenKeys }: ChainRules): boolean {
  const trustedKeys = new Set(trusted.validators.map(({ publicKey }) => hexFromBytes(publicKey)))
  return signerKeys(block).every((key) => provenKeys.has(key) || trustedKeys.has(key))
}

/** By the set that the block brings along: whether that one is to be believed was decided before. */
export function isFinalized(block: ProvenEnd, { keysOf, genesisHash }: ChainRules): boolean {
  try {
    return verifyEpochEnd(block, block.validators, keysOf(block.validators), genesisHash).verdict === 'accept'
  } catch (error) {
    if (error instanceof CodedError && error.code === 'BLS_BAD_PUBLIC_KEY') return false
    throw error
  }
}
