/**
 * R10: a key whose log is gone or damaged cannot know what it has signed. It abstains until every view in which it can
 * have signed is past. v0 is the highest view that a quorum of others has shown, by signatures verified since the start:
 * whatever view u this key has voted in was entered by a certificate of u − 1, whose signers and that quorum have an
 * honest validator in common, so that u ≤ v0 + 1. A finalization at v0 + 2 or above, or of a later epoch than v0's, is
 * past all of them; from there on it votes, above a floor that is durable first.
 *
 * All that holds for a node that hears of the present. One that catches up sees certificates of the past: while anybody
 * speaks of a later epoch it decides nothing. (That is unverified: it can prolong the silence, never end it.)
 */
import type { Certificate } from '@cairn/chain'
import { indicesFromBitmap } from '@cairn/chain'
import { hexFromBytes } from '@cairn/primitives'
import { AMNESIA_LISTEN_MS } from './limits.ts'
import type { Amnesia } from './run-state.ts'
import type { Core } from './state.ts'
import { isLater } from './vote-guard.ts'
import type { WalFloor } from './vote-guard.ts'

export function createAmnesia(nowMs: number): Amnesia {
  return { listenUntilMs: nowMs + AMNESIA_LISTEN_MS, shown: new Map(), latest: undefined }
}

/** A certificate was verified: its signers have been in its view. */
export function noteShown({ run, options }: Core, certificate: Certificate): void {
  if (run.amnesia === undefined || run.amnesia.latest !== undefined) return
  const { validators, self } = options
  for (const index of indicesFromBitmap(certificate.signers, validators.validators.length) ?? []) {
    const validator = validators.validators[index]
    if (validator === undefined || index === self) continue
    const key = hexFromBytes(validator.publicKey)
    const known = run.amnesia.shown.get(key)
    if (known === undefined || isLater(certificate, known)) {
      run.amnesia.shown.set(key, { epoch: certificate.epoch, view: certificate.view })
    }
  }
}

export function endAmnesia(core: Core): void {
  const { run, state, effects, now } = core
  const { amnesia } = run
  if (amnesia === undefined || now.monotonicMs < amnesia.listenUntilMs) return
  const isBehind = run.early.length > 0 || now.monotonicMs - run.farAheadAtMs < AMNESIA_LISTEN_MS
  if (isBehind) return
  amnesia.latest ??= latestShown(core, amnesia.shown)
  const { finalization } = state
  if (amnesia.latest === undefined || finalization === undefined) return
  const { epoch, view } = amnesia.latest
  const isPast = finalization.epoch > epoch || (finalization.epoch === epoch && finalization.view >= view + 2)
  if (!isPast) return
  run.amnesia = undefined
  state.abstainThrough = finalization.view
  effects.push({ type: 'raise-floor', floor: { epoch: finalization.epoch, view: finalization.view } })
}

/** The latest place shown, once those who showed any weigh a quorum. */
function latestShown({ options }: Core, shown: Amnesia['shown']): WalFloor | undefined {
  let weight = 0n
  let latest: WalFloor | undefined
  for (const validator of options.validators.validators) {
    const place = shown.get(hexFromBytes(validator.publicKey))
    if (place === undefined) continue
    weight += validator.weight
    if (latest === undefined || isLater(place, latest)) latest = place
  }
  return weight >= options.validators.quorum ? latest : undefined
}
