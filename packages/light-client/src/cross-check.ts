/**
 * What one peer has led to is shown to others before it is trusted (consensus.md «Light client»: cross-check with at least one
 * witness). A peer that shows another end of the epoch either lies, and is found out by its certificates, or there are two
 * finalized chains: then the dispute is settled before anything is trusted.
 */
import { hashHeader } from '@cairn/chain'
import type { AttackProof } from './attack.ts'
import { lastBlock, settle } from './dispute.ts'
import type { Side } from './dispute.ts'
import { LIGHT_WITNESSES_ASKED_MAX, LIGHT_WITNESSES_MAX } from './limits.ts'
import type { TrustedState } from './trust.ts'
import { createPeerView, isBlameless, walk } from './walk.ts'
import type { Answer, Ask, LightFault, LightPeer, WalkContext } from './walk.ts'

export interface CrossCheckContext extends WalkContext {
  readonly onFault: (peer: LightPeer, code: LightFault | 'LIGHT_LUNATIC') => void
  readonly onAttack: (proof: AttackProof) => void
}

export type CrossCheck =
  /** `side` is the one to trust: what it was begun with, or the witness that was right. */
  | {
      readonly kind: 'agreed'
      readonly side: Side
      readonly witnesses: number
      /** Asked, and neither agreed nor lied. */
      readonly silent: number
    }
  | { readonly kind: 'refused'; readonly code: 'LIGHT_FORKED' | 'LIGHT_UNRESOLVED' }

export function* crossCheck(
  from: TrustedState,
  begun: Side,
  witnesses: readonly LightPeer[],
  context: CrossCheckContext,
): Generator<Ask, CrossCheck, Answer> {
  let side = begun
  let agreed = 0
  let silent = 0
  const onFault = (peer: LightPeer, code: LightFault): void => {
    if (isBlameless(code)) silent += 1
    context.onFault(peer, code)
  }
  for (const peer of witnesses.slice(0, LIGHT_WITNESSES_ASKED_MAX)) {
    if (agreed >= LIGHT_WITNESSES_MAX) break
    const view = createPeerView(peer)
    const { header } = lastBlock(side)
    const shown = yield* view.blockAt(header.epoch)
    if (typeof shown === 'string') {
      onFault(peer, shown)
      continue
    }
    if (hashHeader(shown.header) === hashHeader(header)) {
      agreed += 1
      continue
    }
    const walked = yield* walk(view, from, header.epoch, context)
    if (walked.kind === 'fault') {
      onFault(peer, walked.code)
      continue
    }
    const other = { view, steps: walked.steps }
    // So many steps that they did not fit one run: the two are compared where the witness has got to, next time.
    if (lastBlock(other).header.epoch !== header.epoch) return { kind: 'refused', code: 'LIGHT_UNRESOLVED' }
    const settlement = yield* settle(from, [side, other], context)
    if (settlement.kind === 'fork') {
      context.onAttack(settlement.proof)
      return { kind: 'refused', code: 'LIGHT_FORKED' }
    }
    if (settlement.kind === 'undecided') return { kind: 'refused', code: 'LIGHT_UNRESOLVED' }
    const liars = settlement.kind === 'liar' ? [settlement.liar] : [side, other]
    for (const liar of liars) context.onFault(liar.view.peer, 'LIGHT_LUNATIC')
    if (settlement.kind === 'both-lie') return { kind: 'refused', code: 'LIGHT_UNRESOLVED' }
    if (settlement.proof !== undefined) context.onAttack(settlement.proof)
    if (settlement.liar === side) {
      // Those who agreed with the liar have not agreed with this one.
      side = other
      agreed = 0
    }
  }
  return { kind: 'agreed', side, witnesses: agreed, silent }
}
