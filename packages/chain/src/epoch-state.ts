/**
 * Who decides next (consensus.md «Epochs»): what the blocks of an epoch say about the validator set of the following
 * one, folded block by block. Pure and integer-only: every node derives the same set, and the boundary block's header
 * commits to its hash. Until there is staking, a set changes by evidence and by the chain spec's schedule; validator
 * requests (EIP-7685) would become a third part of `SetChanges`.
 */
import { keccak256 } from '@cairn/crypto'
import { assert, bytesFromHex, concatBytes, epoch, hexFromBytes } from '@cairn/primitives'
import type { Hash, Hex } from '@cairn/primitives'
import type { ConsensusHeader } from './block.ts'
import type { ChainSpec } from './chain-spec.ts'
import { isBoundaryHeight } from './epochs.ts'
import { NO_EVIDENCE, decodeEvidenceList } from './evidence-codec.ts'
import { accusedOf } from './evidence.ts'
import { genesisValidatorSet } from './genesis.ts'
import { createValidatorSet } from './validator-set.ts'
import type { Validator, ValidatorSet } from './validator-set.ts'

/** As of a block: what the next block stands on. */
export interface EpochState {
  /** Set of the next block's epoch. */
  readonly validators: ValidatorSet
  /** Set of the epoch before, whose offenders may still be in this one's. */
  readonly previous: ValidatorSet | undefined
  /** Reveals of that epoch's blocks so far, hashed in their order onto the epoch's leader seed. */
  readonly randaoMix: Hash
  /** Public keys of those whom evidence in that epoch's blocks convicts, in the order of inclusion. */
  readonly offenders: readonly Hex[]
}

/** The parts of a block that count. Its evidence is proven: who folds a block knows that it is valid. */
export interface EpochContent {
  readonly header: Pick<ConsensusHeader, 'height' | 'randaoReveal'>
  readonly evidence: Uint8Array
}

/** Why the next set differs from the current one. */
export interface SetChanges {
  /** Public keys of whom to drop, in this order. */
  readonly offenders: readonly Hex[]
  /** The whole set that the spec wants from the next epoch on. */
  readonly scheduled: readonly Validator[] | undefined
  /** seed_e of the next epoch. */
  readonly leaderSeed: Hash
}

/** As of genesis. */
export function genesisEpochState(spec: ChainSpec): EpochState {
  return startOf(genesisValidatorSet(spec), undefined)
}

/** As of a block on top of `state`'s. O(1), but for an epoch's last block: O(validators). */
export function epochStateAfter(state: EpochState, content: EpochContent, spec: ChainSpec): EpochState {
  const { validators } = state
  const { height, randaoReveal } = content.header
  const randaoMix = keccak256(concatBytes(bytesFromHex(state.randaoMix), randaoReveal))
  const added = offendersIn(content, state).filter((key) => !state.offenders.includes(key))
  const offenders = added.length === 0 ? state.offenders : [...state.offenders, ...new Set(added)]
  if (!isBoundaryHeight(height, spec.epochLengthBlocks)) return { ...state, randaoMix, offenders }
  const scheduled = spec.validatorChanges?.find((change) => change.epoch === validators.epoch + 1)?.validators
  return startOf(nextValidatorSet(validators, { offenders, scheduled, leaderSeed: randaoMix }), validators)
}

/**
 * Drops offenders in their order, as long as the change stays small enough (`isSmallChange`): who remains is dropped in
 * an epoch that includes the evidence again. Then the scheduled set, without those dropped, if it is a small change of
 * the current one; otherwise the schedule is passed over, since a quorum must not be exchanged at once.
 */
export function nextValidatorSet(current: ValidatorSet, changes: SetChanges): ValidatorSet {
  let validators = current.validators
  const barred = new Set(changes.offenders)
  for (const key of changes.offenders) {
    const rest = validators.filter((validator) => hexFromBytes(validator.publicKey) !== key)
    if (isSmallChange(current.validators, rest)) validators = rest
    else barred.delete(key)
  }
  const scheduled = changes.scheduled?.filter((validator) => !barred.has(hexFromBytes(validator.publicKey)))
  if (scheduled !== undefined && isSmallChange(current.validators, scheduled))
    validators = scheduled.map(plainValidator)
  return createValidatorSet(epoch(current.epoch + 1), validators, changes.leaderSeed)
}

/**
 * Less than a third of the old weight goes, and less than a third of the new weight is new; a validator whose weight
 * changes counts with the difference.
 */
export function isSmallChange(before: readonly Validator[], after: readonly Validator[]): boolean {
  const gone = excessWeight(before, after)
  const added = excessWeight(after, before)
  return 3n * gone < totalOf(before) && 3n * added < totalOf(after)
}

function startOf(validators: ValidatorSet, previous: ValidatorSet | undefined): EpochState {
  return { validators, previous, randaoMix: validators.leaderSeed, offenders: [] }
}

/**
 * Evidence names indices into the set of its own epoch. What is older than the epoch before convicts nobody here: who
 * joined by certificates need not know the set, and all must come to the same result.
 */
function offendersIn({ evidence }: EpochContent, { validators, previous }: EpochState): readonly Hex[] {
  if (evidence.length === NO_EVIDENCE.length) return []
  const items = decodeEvidenceList(evidence)
  assert(items.ok, 'a valid block has well-formed evidence')
  return items.value.flatMap((item) => {
    const set = [validators, previous].find((candidate) => candidate?.epoch === item.first.epoch)
    return accusedOf(item).flatMap((index) => {
      const accused = set?.validators[index]
      return accused === undefined ? [] : [hexFromBytes(accused.publicKey)]
    })
  })
}

/** Σ over `of` of what each has more than in `than`. */
function excessWeight(of: readonly Validator[], than: readonly Validator[]): bigint {
  const weights = new Map(than.map(({ publicKey, weight }) => [hexFromBytes(publicKey), weight]))
  let excess = 0n
  for (const { publicKey, weight } of of) {
    const other = weights.get(hexFromBytes(publicKey)) ?? 0n
    if (weight > other) excess += weight - other
  }
  return excess
}

function totalOf(validators: readonly Validator[]): bigint {
  let total = 0n
  for (const { weight } of validators) total += weight
  return total
}

/** The spec's entries carry proofs of possession besides. */
function plainValidator({ publicKey, weight, feeRecipient, peerId }: Validator): Validator {
  return { publicKey, weight, feeRecipient, peerId }
}
