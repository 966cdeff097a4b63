/**
 * R8: who has been heard of, and who has said that it leaves. Only verified signatures count: an unverified message could
 * come from anybody. Local policy; it shortens the wait for a leader and decides nothing else.
 */
import type { Leaving, ValidatorSet } from '@cairn/chain'
import { hexFromBytes } from '@cairn/primitives'
import type { Hex, View } from '@cairn/primitives'
import { INACTIVE_AFTER_MS, RETURN_PROBE_MS } from './limits.ts'
import type { Activity } from './run-state.ts'
import type { Core } from './state.ts'

/** `before`: the activity in the set before, which those who stay take along. */
export function createActivity(
  validators: ValidatorSet,
  nowMs: number,
  before?: { readonly validators: ValidatorSet; readonly activity: Activity },
): Activity {
  const indexBefore = new Map<Hex, number>()
  for (const [index, { publicKey }] of (before?.validators.validators ?? []).entries()) {
    indexBefore.set(hexFromBytes(publicKey), index)
  }
  const earlier = validators.validators.map(({ publicKey }) => indexBefore.get(hexFromBytes(publicKey)) ?? -1)
  const leftAfter = new Map<number, number>()
  // Away when the epoch began: back with its first vote in it.
  for (const [index, was] of earlier.entries())
    if (before?.activity.leftAfter.has(was) === true) leftAfter.set(index, 0)
  return {
    seenAtMs: earlier.map((was) => before?.activity.seenAtMs[was] ?? nowMs),
    probedAtMs: earlier.map((was) => before?.activity.probedAtMs[was] ?? nowMs),
    equivocators: new Set(),
    signedView: earlier.map(() => 0),
    leftAfter,
    timedOut: earlier.map((was) => before?.activity.timedOut[was] ?? 0),
  }
}

/** A signature of the validator for `view` was verified, alone or in a certificate. */
export function noteSeen({ activity, now }: Core, validator: number, view: View): void {
  activity.seenAtMs[validator] = now.monotonicMs
  activity.signedView[validator] = Math.max(view, activity.signedView[validator] ?? 0)
  if (view > (activity.leftAfter.get(validator) ?? Number.POSITIVE_INFINITY)) activity.leftAfter.delete(validator)
}

/** Verified. What the validator has signed since says more. */
export function noteLeaving({ activity }: Core, { validator, view }: Leaving): void {
  if (view >= (activity.signedView[validator] ?? 0)) activity.leftAfter.set(validator, view)
}

/** Whether it has said that it leaves and has not been heard of since. */
export function hasLeft({ activity, options }: Core, validator: number): boolean {
  return validator !== options.self && activity.leftAfter.has(validator)
}

/** Whether there is no point in waiting long for this leader's proposal. O(1) for an active one, else O(validators). */
export function isInactive(core: Core, validator: number): boolean {
  const { activity, options } = core
  if (activity.equivocators.has(validator)) return true
  if (validator === options.self || isSeen(core, validator)) return false
  // Nobody is heard: then it is this node that is cut off.
  let seen = 0n
  for (const [index, { weight }] of options.validators.validators.entries()) {
    if (index === options.self || isSeen(core, index)) seen += weight
  }
  return seen >= options.validators.quorum
}

/**
 * A vote that comes too late for the certificates would never be verified, and its validator count as silent: whether
 * one should be verified for its own sake. Seldom, and after a bad one at once: only one at a time is looked at.
 */
export function shouldProbe({ activity, now }: Core, validator: number): boolean {
  const lastMs = Math.max(activity.seenAtMs[validator] ?? 0, activity.probedAtMs[validator] ?? 0)
  const intervalMs = activity.leftAfter.has(validator) ? RETURN_PROBE_MS : INACTIVE_AFTER_MS / 4
  if (now.monotonicMs - lastMs < intervalMs) return false
  activity.probedAtMs[validator] = now.monotonicMs
  return true
}

/** The vote that was looked at in its name was somebody else's, who pays for it: the next one is looked at again. */
export function noteForged({ activity }: Core, validator: number): void {
  activity.probedAtMs[validator] = Number.NEGATIVE_INFINITY
}

function isSeen({ activity, now }: Core, validator: number): boolean {
  return now.monotonicMs - (activity.seenAtMs[validator] ?? 0) < INACTIVE_AFTER_MS
}
