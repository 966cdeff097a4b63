/** R8: validators that say that they leave, and leaving oneself. Nobody waits for the views that such a one leads. */
import type { Leaving } from '@cairn/chain'
import { noteLeaving } from '../activity.ts'
import type { From, Input } from '../input.ts'
import { fallSilent } from '../silence.ts'
import { screenLeaving } from '../screen.ts'
import type { Core } from '../state.ts'
import { reportPeer, requestVerification } from '../verify-queue.ts'

export function onLeaving(core: Core, { leaving, from }: Extract<Input, { type: 'leaving' }>): void {
  const verdict = screenLeaving(core, leaving)
  if (verdict.verdict === 'accept') requestVerification(core, { kind: 'leaving', leaving }, from)
  else if (verdict.verdict === 'reject') reportPeer(core, from, 'LEAVING_INVALID')
}

export function onLeavingVerified(core: Core, leaving: Leaving, from: From | undefined, isValid: boolean): void {
  if (!isValid) reportPeer(core, from, 'LEAVING_INVALID')
  // The epoch may have ended meanwhile: its indices mean others now.
  else if (leaving.epoch === core.options.validators.epoch) noteLeaving(core, leaving)
}

/** Silent from here on, so that no own vote follows that would take the word back. */
export function onLeave(core: Core): void {
  const { options, state, run, effects } = core
  if (options.self === undefined || run.amnesia !== undefined) return
  fallSilent(core)
  const { epoch } = options.validators
  effects.push({ type: 'announce-leaving', epoch, view: state.view, validator: options.self })
}
