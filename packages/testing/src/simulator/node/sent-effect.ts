/** Which message a sending effect of the rules is, and to whom it goes. */
import { assert } from '@cairn/primitives'
import type { Effect, Signer } from '@cairn/consensus'
import type { WireMessage } from '../wire.ts'

type SentEffect = Extract<
  Effect,
  { type: `broadcast-${string}` | 'announce-leaving' | 'send-status' | 'fetch-certificates' }
>

/** `to`: an actor, all of them, or `undefined` for anyone. */
export function sentFor(
  effect: SentEffect,
  signer: Signer | undefined,
): {
  readonly to: number | 'all' | undefined
  readonly message: WireMessage
} {
  switch (effect.type) {
    case 'broadcast-proposal':
      return { to: 'all', message: { type: 'proposal', proposal: effect.proposal } }
    case 'broadcast-vote':
      return { to: 'all', message: { type: 'vote', vote: effect.vote } }
    case 'broadcast-certificate':
      return { to: 'all', message: { type: 'certificate', certificate: effect.certificate } }
    case 'broadcast-status':
      return { to: 'all', message: { type: 'status', status: effect.status } }
    case 'broadcast-evidence':
      return { to: 'all', message: { type: 'evidence', evidence: effect.evidence } }
    case 'announce-leaving': {
      assert(signer !== undefined, 'only validators leave')
      const { epoch, view, validator } = effect
      const signature = signer.signLeaving(epoch, view)
      return { to: 'all', message: { type: 'leaving', leaving: { epoch, view, validator, signature } } }
    }
    case 'send-status':
      return { to: Number(effect.to), message: { type: 'status', status: effect.status } }
    default:
      return {
        to: effect.hint === undefined ? undefined : Number(effect.hint),
        message: { type: 'get-certificates', epoch: effect.epoch, fromView: effect.fromView },
      }
  }
}
