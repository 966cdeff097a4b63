/**
 * Who collects the votes of a view (consensus.md «Dissemination»): validators drawn by weight from the epoch's seed and the
 * view, without repetition. Integer-only, like the leader schedule, though nothing but traffic depends on it.
 */
import type { View } from '@cairn/primitives'
import { createWeightLine } from './leader.ts'
import type { ValidatorSet } from './validator-set.ts'

/** Indices into the epoch's set, all different; fewer than asked for where few weigh nearly everything. */
export type CollectorSchedule = (view: View) => readonly number[]

const MASK_64 = (1n << 64n) - 1n
/** So that the draws have nothing to do with the leader's walk over the same line. */
const DOMAIN = 0x636f6c6c6563746fn
const DRAWS_PER_COLLECTOR = 8

/** Permutes once (n hashes); each view then costs `count` draws and a few more. */
export function createCollectorSchedule(set: ValidatorSet, count: number): CollectorSchedule {
  const validatorAt = createWeightLine(set)
  const seed = BigInt(set.leaderSeed.slice(0, 18)) ^ DOMAIN
  const most = Math.min(count, set.validators.length)
  return (view) => {
    const chosen = new Set<number>()
    const start = mix((seed + BigInt(view)) & MASK_64)
    for (let draw = 0; chosen.size < most && draw < DRAWS_PER_COLLECTOR * count; draw++) {
      chosen.add(validatorAt(mix((start + BigInt(draw)) & MASK_64)))
    }
    return [...chosen]
  }
}

/** SplitMix64: one step and its finalizer. */
function mix(value: bigint): bigint {
  let bits = (value * 0x9e3779b97f4a7c15n + 0x9e3779b97f4a7c15n) & MASK_64
  bits = ((bits ^ (bits >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64
  bits = ((bits ^ (bits >> 27n)) * 0x94d049bb133111ebn) & MASK_64
  return bits ^ (bits >> 31n)
}
