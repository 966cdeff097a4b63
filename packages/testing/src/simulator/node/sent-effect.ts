/** Which message a sending effect of the rules is, and to whom it goes. */
import type { ValidatorSet } from '@cairn/chain'
import type { Effect, Signer } from '@cairn/consensus'
import { assert, equalBytes } from '@cairn/primitives'
import type { Epoch } from '@cairn/primitives'
import type { WireMessage } from '../wire.ts'
import type { World } from '../world.ts'

type SentEffect = Extract<
  Effect,
  { type: `broadcast-${string}` | 'announce-leaving' | 'send-status' | 'fetch-certificates' }
>

/** `to`: actors, all of them, or `undefined` for anyone. */
export function sentFor(
  effect: SentEffect,
  signer: Signer | undefined,
  world: World,
  set: ValidatorSet,
): {
  readonly to: readonly number[] | 'all' | undefined
  readonly message: WireMessage
} {
  switch (effect.type) {
    case 'broadcast-proposal':
      return { to: 'all', message: { type: 'proposal', proposal: effect.proposal } }
    case 'broadcast-vote': {
      const { vote, to } = effect
      return { to: to === undefined ? 'all' : actorsOf(world, set, vote.epoch, to), message: { type: 'vote', vote } }
    }
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
      return { to: [Number(effect.to)], message: { type: 'status', status: effect.status } }
    default:
      return {
        to: effect.hint === undefined ? undefined : [Number(effect.hint)],
        message: { type: 'get-certificates', epoch: effect.epoch, fromView: effect.fromView },
      }
  }
}

/** Everybody who holds the key of one of the validators, as `ValidatorPeers` would know; nobody when the epoch is over. */
export function actorsOf(
  { actors, chain }: World,
  set: ValidatorSet,
  epoch: Epoch,
  validators: readonly number[],
): readonly number[] {
  if (epoch !== set.epoch) return []
  const keys = validators.map((index) => set.validators[index]?.publicKey)
  return [...actors.keys()].filter((id) => {
    const own = chain.publicKeys[actors[id]?.slot ?? -1]
    return own !== undefined && keys.some((key) => key !== undefined && equalBytes(key, own))
  })
}
