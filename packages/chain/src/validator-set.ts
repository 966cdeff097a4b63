/** Weighted validator sets; quorum arithmetic in `bigint`, never floating point. */
import { keccak256 } from '@cairn/crypto'
import { CodedError, bytesFromHex, decodeRlpList, encodeRlp, epoch, failDecode, rlpUint } from '@cairn/primitives'
import type { Address, Decoded, Epoch, Hash, RlpInput, RlpReader } from '@cairn/primitives'
import { PEER_ID_MAX_BYTES, VALIDATORS_MAX, VALIDATOR_SET_MAX_BYTES } from './limits.ts'

export interface Validator {
  /** BLS12-381 public key in G1, compressed, 48 bytes. */
  readonly publicKey: Uint8Array
  /** Voting weight, 1 … 2^64 − 1. */
  readonly weight: bigint
  /** Receives the priority fees of the blocks this validator proposes. */
  readonly feeRecipient: Address
  /** libp2p peer id (base58/CIDv1 text) of the validator's node, for validator connection slots; empty when unknown. */
  readonly peerId: string
}

/** The ordered set of one epoch. `hash` commits to it: keccak256 of its canonical RLP. */
export interface ValidatorSet {
  readonly epoch: Epoch
  /** seed_e of the leader schedule: in the set, so that who has it by certificates alone can lead and follow. */
  readonly leaderSeed: Hash
  readonly validators: readonly Validator[]
  readonly hash: Hash
  /** W = Σ w_i */
  readonly totalWeight: bigint
  /** q = ⌊2W/3⌋ + 1 */
  readonly quorum: bigint
}

/**
 * Derives weight, quorum and hash.
 * @throws CodedError `VALIDATOR_SET_INVALID`: empty, too many, a key twice, a weight outside 1 … 2^64 − 1, a bad length
 */
export function createValidatorSet(setEpoch: Epoch, validators: readonly Validator[], leaderSeed: Hash): ValidatorSet {
  const fault = validatorsFault(validators)
  if (fault !== undefined) throw new CodedError('VALIDATOR_SET_INVALID', fault)
  let totalWeight = 0n
  for (const validator of validators) totalWeight += validator.weight
  return {
    epoch: setEpoch,
    leaderSeed,
    validators,
    hash: keccak256(encodeRlp(rlpFromSet(setEpoch, leaderSeed, validators))),
    totalWeight,
    quorum: (2n * totalWeight) / 3n + 1n,
  }
}

/** Σ w_i of distinct `indices` below the set's size. */
export function weightOf(set: ValidatorSet, indices: Iterable<number>): bigint {
  let weight = 0n
  for (const index of indices) weight += set.validators[index]?.weight ?? 0n
  return weight
}

/** Canonical RLP: [epoch, leader seed, [[public key, weight, fee recipient, peer id], …]]; its keccak256 is the set's hash. */
export function encodeValidatorSet(set: ValidatorSet): Uint8Array {
  return encodeRlp(rlpFromSet(set.epoch, set.leaderSeed, set.validators))
}

/** A set that keeps all rules of `createValidatorSet`; its public keys are not decompressed. */
export function decodeValidatorSet(bytes: Uint8Array): Decoded<ValidatorSet> {
  return decodeRlpList(bytes, VALIDATOR_SET_MAX_BYTES, readValidatorSet)
}

/** For codecs of objects that contain a set; `fields` are the set's own. */
export function readValidatorSet(fields: RlpReader): ValidatorSet {
  const setEpoch = epoch(fields.uint())
  const leaderSeed = fields.hash()
  const validators = fields.listOf(VALIDATORS_MAX, readValidator)
  if (validatorsFault(validators) !== undefined) failDecode('DECODE_INVALID_SET')
  return createValidatorSet(setEpoch, validators, leaderSeed)
}

/** For codecs of objects that contain a set. */
export function rlpFromValidatorSet(set: ValidatorSet): RlpInput {
  return rlpFromSet(set.epoch, set.leaderSeed, set.validators)
}

function rlpFromSet(setEpoch: Epoch, leaderSeed: Hash, validators: readonly Validator[]): RlpInput {
  return [rlpUint(setEpoch), bytesFromHex(leaderSeed), validators.map(rlpFromValidator)]
}

function rlpFromValidator(validator: Validator): RlpInput {
  return [
    validator.publicKey,
    rlpUint(validator.weight),
    bytesFromHex(validator.feeRecipient),
    new TextEncoder().encode(validator.peerId),
  ]
}

function readValidator(item: RlpReader): Validator {
  const fields = item.list()
  const validator = {
    publicKey: fields.fixed(48),
    weight: fields.bigint(8),
    feeRecipient: fields.address(),
    peerId: fields.text(PEER_ID_MAX_BYTES),
  }
  fields.end()
  return validator
}

/** First broken rule in words. */
function validatorsFault(validators: readonly Validator[]): string | undefined {
  if (validators.length === 0 || validators.length > VALIDATORS_MAX)
    return `1 to ${VALIDATORS_MAX} validators are needed`
  const keys = new Set<string>()
  for (const [index, { publicKey, weight, peerId }] of validators.entries()) {
    if (publicKey.length !== 48) return `validator ${index}: a public key has 48 bytes`
    if (weight < 1n || weight >= 1n << 64n) return `validator ${index}: the weight must be 1 to 2^64 − 1`
    if (peerId.length > PEER_ID_MAX_BYTES || !/^[\x20-\x7e]*$/.test(peerId)) return `validator ${index}: bad peer id`
    if (keys.size === keys.add(publicKey.join()).size) return `validator ${index}: public key used twice`
  }
  return undefined
}
