/**
 * Leader(e, v) of consensus.md: validators are permuted by keccak(seed ‖ public key); the view picks a point of
 * the weight line by a multiplicative step of 2^64/φ, so that each window of views is close to proportional.
 * Stateless and integer-only: a stored priority outside the state has split real chains.
 */
import { keccak256Bytes } from '@cairn/crypto'
import { assert, bytesFromHex, compareBytes, concatBytes } from '@cairn/primitives'
import type { View } from '@cairn/primitives'
import type { ValidatorSet } from './validator-set.ts'

/** Index of the leader of a view in the epoch's validator set. */
export type LeaderSchedule = (view: View) => number

const GOLDEN_STEP = 0x9e3779b97f4a7c15n
const MASK_64 = (1n << 64n) - 1n

/** Permutes once (n hashes); each view then costs O(log n). */
export function createLeaderSchedule(set: ValidatorSet): LeaderSchedule {
  const validatorAt = createWeightLine(set)
  const start = BigInt(set.leaderSeed.slice(0, 18))
  return (view) => validatorAt((start + BigInt(view) * GOLDEN_STEP) & MASK_64)
}

/** Leader(e, v) for one view; `createLeaderSchedule` for many. */
export function leader(set: ValidatorSet, view: View): number {
  return createLeaderSchedule(set)(view)
}

/** The permuted validators beside each other, each as long as its weight: who is at `point` · 2^−64 of the whole. */
export function createWeightLine(set: ValidatorSet): (point: bigint) => number {
  const seedBytes = bytesFromHex(set.leaderSeed)
  const order = set.validators
    .map((validator, index) => ({ index, key: keccak256Bytes(concatBytes(seedBytes, validator.publicKey)) }))
    .toSorted((a, b) => compareBytes(a.key, b.key))
    .map(({ index }) => index)
  const cumulative: bigint[] = []
  let sum = 0n
  for (const index of order) cumulative.push((sum += set.validators[index]?.weight ?? 0n))
  return (point) => {
    const index = order[firstAbove(cumulative, (point * set.totalWeight) >> 64n)]
    assert(index !== undefined, 'the point is below the total weight')
    return index
  }
}

/** Least index with `ascending[index] > value`. */
function firstAbove(ascending: readonly bigint[], value: bigint): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] as bigint) > value) high = middle
    else low = middle + 1
  }
  return low
}
