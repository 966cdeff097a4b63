/**
 * R8: who has been heard of. Only verified signatures count: an unverified message could come from anybody. Local
 * policy; it shortens the wait for a leader and decides nothing else.
 */
import type { ValidatorSet } from '@cairn/chain'
import { hexFromBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'
import { INACTIVE_AFTER_MS } from './limits.ts'
import type { Activity } from './run-state.ts'
import type { Core } from './state.ts'

/** `before`: the activity in the set before, which those who stay take along. */
export function createActivity(
  validators: ValidatorSet,
  nowMs: number,
  before?: { readonly validators: ValidatorSet; readonly activity: Activity },
): Activity {
  const seenBefore = new Map<Hex, number>()
  for (const [index, { publicKey }] of (before?.validators.validators ?? []).entries()) {
    seenBefore.set(hexFromBytes(publicKey), before?.activity.seenAtMs[index] ?? nowMs)
  }
  return {
    seenAtMs: validators.validators.map(({ publicKey }) => seenBefore.get(hexFromBytes(publicKey)) ?? nowMs),
    probedAtMs: validators.validators.map(() => nowMs),
    equivocators: new Set(),
  }
}

/** A signature of the validator was verified, alone or in a certificate. */
export function noteSeen({ activity, now }: Core, validator: number): void {
  activity.seenAtMs[validator] = now.monotonicMs
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
 * one should be verified for its own sake. Seldom, so that bad ones cost little.
 */
export function shouldProbe({ activity, now }: Core, validator: number): boolean {
  const lastMs = Math.max(activity.seenAtMs[validator] ?? 0, activity.probedAtMs[validator] ?? 0)
  if (now.monotonicMs - lastMs < INACTIVE_AFTER_MS / 4) return false
  activity.probedAtMs[validator] = now.monotonicMs
  return true
}

function isSeen({ activity, now }: Core, validator: number): boolean {
  return now.monotonicMs - (activity.seenAtMs[validator] ?? 0) < INACTIVE_AFTER_MS
}
