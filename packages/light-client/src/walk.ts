/**
 * From a trusted state to a later epoch's end by what one peer shows: directly where enough of the trusted weight has
 * signed it, else by bisection on epoch ends. With a set that stays, that is one certificate for any number of epochs;
 * with one that is exchanged as fast as it may, about one in two epochs.
 *
 * A coroutine: it yields what to ask for and is resumed with what the machine has decoded. No clock, no promises.
 */
import type { LightBlock } from '@cairn/chain'
import { epoch as asEpoch } from '@cairn/primitives'
import type { Epoch } from '@cairn/primitives'
import { LIGHT_BISECTION_DEPTH_MAX, LIGHT_REQUESTS_MAX } from './limits.ts'
import type { TrustedState } from './trust.ts'
import { judgeLightBlock } from './verify-block.ts'
import type { BlockFault, ChainRules } from './verify-block.ts'

/** A peer's name as the network gives it. */
export type LightPeer = string

/** The block at the end of `epoch`, from `peer`. */
export interface Ask {
  readonly peer: LightPeer
  readonly epoch: Epoch
}

/** `LIGHT_MISSING`: no answer, or not there: nobody's lie. `LIGHT_MALFORMED`: undecodable, or of another epoch. */
export type Answer = LightBlock | 'LIGHT_MISSING' | 'LIGHT_MALFORMED'

export type LightFault = BlockFault | 'LIGHT_MISSING' | 'LIGHT_MALFORMED' | 'LIGHT_TOO_DEEP'

/** Refused, and yet perhaps nobody's lie: the peer does not have it, or the own clock is wrong. */
export function isBlameless(code: string): boolean {
  return code === 'LIGHT_MISSING' || code === 'LIGHT_FROM_FUTURE'
}

export interface Step {
  readonly from: TrustedState
  readonly block: LightBlock
  readonly to: TrustedState
}

export type WalkResult =
  /** At least one step; fewer than to the target when the requests were used up. */
  { readonly kind: 'walked'; readonly steps: readonly Step[] } | { readonly kind: 'fault'; readonly code: LightFault }

/** What one peer has shown in one run. */
export interface PeerView {
  readonly peer: LightPeer
  /** Asks at most once for each epoch. */
  blockAt(epoch: Epoch): Generator<Ask, Answer, Answer>
  /** Requests so far. */
  asked(): number
}

export interface WalkContext {
  readonly rules: ChainRules
  readonly nowMs: () => number
}

export function createPeerView(peer: LightPeer): PeerView {
  const answers = new Map<Epoch, Answer>()
  return {
    peer,
    *blockAt(epoch) {
      const known = answers.get(epoch)
      if (known !== undefined) return known
      const answer = yield { peer, epoch }
      answers.set(epoch, answer)
      return answer
    },
    asked: () => answers.size,
  }
}

export function* walk(
  view: PeerView,
  from: TrustedState,
  target: Epoch,
  { rules, nowMs }: WalkContext,
): Generator<Ask, WalkResult, Answer> {
  const steps: Step[] = []
  const askedMax = view.asked() + LIGHT_REQUESTS_MAX
  const ahead: Epoch[] = [target]
  let trusted = from
  for (let at = ahead.at(-1); at !== undefined; at = ahead.at(-1)) {
    if (view.asked() >= askedMax && steps.length > 0) break
    const block = yield* view.blockAt(at)
    if (typeof block === 'string') return { kind: 'fault', code: block }
    const judgement = judgeLightBlock(block, trusted, rules, nowMs())
    if (judgement.kind === 'fault') return judgement
    if (judgement.kind === 'trusted') {
      steps.push({ from: trusted, block, to: judgement.state })
      trusted = judgement.state
      ahead.pop()
      continue
    }
    if (ahead.length > LIGHT_BISECTION_DEPTH_MAX) return { kind: 'fault', code: 'LIGHT_TOO_DEEP' }
    const { epoch: next } = trusted.validators
    ahead.push(asEpoch(next + Math.floor((at - next) / 2)))
  }
  return { kind: 'walked', steps }
}
