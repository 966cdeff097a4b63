/**
 * The light client's trust updates (consensus.md «Light client», «Catch-up»): a pure machine of inputs and effects, without
 * clock, promises or I/O. One run under way at a time, one request of it at a time.
 *
 * Invariants: a peer's claim decides only what it is asked for; trust moves forward only, to a block that its validators
 * have finalized and that no asked witness contradicts; after two finalized chains were seen it does not move any more.
 */
import { decodeLightBlockResponse } from '@cairn/chain'
import type { ConsensusHeader, LightBlock } from '@cairn/chain'
import { assert } from '@cairn/primitives'
import type { Epoch } from '@cairn/primitives'
import type { AttackProof } from './attack.ts'
import { crossCheck } from './cross-check.ts'
import type { CrossCheckContext } from './cross-check.ts'
import { lastBlock } from './dispute.ts'
import { LIGHT_WITNESSES_MIN } from './limits.ts'
import { isExpired, trustConfirmed } from './trust.ts'
import type { TrustedState } from './trust.ts'
import type { ChainRules } from './verify-block.ts'
import { createPeerView, isBlameless, walk } from './walk.ts'
import type { Answer, Ask, LightFault, LightPeer, Step } from './walk.ts'

export interface LightClientOptions extends ChainRules {
  /** From genesis, from a stored block (`trustFromStored`). */
  readonly trusted: TrustedState
  /** Below the unbonding time; see `trustingPeriodMs`. */
  readonly trustingPeriodMs: number
  /** Of the witnesses named that are no liars, so many have to agree, or all if they are fewer. Default 1. */
  readonly witnessesMin?: number
}

export type LightInput =
  /** `epoch` is the newest that has ended at `peer`, as it says; `witnesses` are others, the best first. */
  | {
      readonly type: 'advance'
      readonly peer: LightPeer
      readonly epoch: Epoch
      readonly witnesses: readonly LightPeer[]
    }
  /** Its finalization by the validators of its epoch has been verified: trust in them counts from then. */
  | { readonly type: 'finalized'; readonly header: Pick<ConsensusHeader, 'epoch' | 'timeMs'> }
  /** The encoded `LightBlockResponse`, not looked at. */
  | { readonly type: 'response'; readonly requestId: number; readonly data: Uint8Array }
  /** Timeout, refusal, disconnect. Every `request` is answered by `response` or this: the network has the timeout. */
  | { readonly type: 'request-failed'; readonly requestId: number }

export type LightEffect =
  /** Send a `light-block` request. */
  | { readonly type: 'request'; readonly requestId: number; readonly peer: LightPeer; readonly epoch: Epoch }
  | { readonly type: 'penalize'; readonly peer: LightPeer; readonly code: string }
  /** Its next set finalizes from now on. Keep it (`encodeLightBlock`). `witnesses`: how many others have shown the same. */
  | { readonly type: 'trust'; readonly block: LightBlock; readonly witnesses: number }
  /** More than a third of some set's weight has attacked. */
  | { readonly type: 'attack'; readonly proof: AttackProof }
  /** The run is over; `code` says why trust is not where it was asked to go. */
  | { readonly type: 'done'; readonly code: LightRefusal | undefined }

export type LightRefusal =
  | LightFault
  | 'LIGHT_TRUST_EXPIRED'
  | 'CHECKPOINT_TOO_OLD'
  | 'LIGHT_PEER_BEHIND'
  | 'LIGHT_FORKED'
  | 'LIGHT_UNRESOLVED'
  | 'LIGHT_NO_WITNESS'

export interface LightClient {
  /** `nowMs` is wall time: headers carry it. Perform the effects in their order. `advance` during a run changes nothing. */
  handle(input: LightInput, nowMs: number): readonly LightEffect[]
  trusted(): TrustedState
}

type Run = Generator<Ask, LightRefusal | undefined, Answer>

/**
 * @example
 * const client = createLightClient({ ...rules, trusted, trustingPeriodMs: trustingPeriodMs(spec) })
 * for (const effect of client.handle({ type: 'advance', peer, epoch, witnesses }, clock.nowMs())) perform(effect)
 */
export function createLightClient(options: LightClientOptions): LightClient {
  let trusted = options.trusted
  let run: Run | undefined
  let pending: (Ask & { readonly requestId: number }) | undefined
  let nextRequestId = 1
  let isHalted = false
  let nowMs = 0
  let effects: LightEffect[] = []

  const context: CrossCheckContext = {
    rules: options,
    nowMs: () => nowMs,
    onFault: (peer, code) => {
      if (!isBlameless(code)) effects.push({ type: 'penalize', peer, code })
    },
    onAttack: (proof) => void effects.push({ type: 'attack', proof }),
  }
  const trust = (block: LightBlock, to: TrustedState, witnesses: number): void => {
    trusted = to
    effects.push({ type: 'trust', block, witnesses })
  }

  /** A checkpoint is trusted for its hash; that certificates lead to it shows that it is of this chain. */
  function* reachCheckpoint(peer: LightPeer, { epoch }: { readonly epoch: Epoch }): Run {
    let last: Step | undefined
    while ((last?.to ?? trusted).validators.epoch <= epoch) {
      const walked = yield* walk(createPeerView(peer), last?.to ?? trusted, epoch, context)
      if (walked.kind === 'fault') {
        context.onFault(peer, walked.code)
        return walked.code
      }
      last = walked.steps.at(-1)
    }
    assert(last !== undefined, 'there was a step')
    // Of its own age, however lately genesis was vouched for.
    const reached = { ...last.to, trustedAtMs: last.block.header.timeMs }
    if (isExpired(reached, options.trustingPeriodMs, nowMs)) return 'CHECKPOINT_TOO_OLD'
    trust(last.block, reached, 0)
    return undefined
  }

  function* advance({ peer, epoch, witnesses }: Extract<LightInput, { type: 'advance' }>): Run {
    if (isHalted) return 'LIGHT_FORKED'
    const { checkpoint } = options
    if (checkpoint !== undefined && trusted.validators.epoch <= checkpoint.epoch) {
      if (epoch < checkpoint.epoch) return 'LIGHT_PEER_BEHIND'
      const refusal = yield* reachCheckpoint(peer, checkpoint)
      if (refusal !== undefined) return refusal
    }
    if (isExpired(trusted, options.trustingPeriodMs, nowMs)) return 'LIGHT_TRUST_EXPIRED'
    if (epoch < trusted.validators.epoch) return undefined
    const from = trusted
    const view = createPeerView(peer)
    const walked = yield* walk(view, from, epoch, context)
    if (walked.kind === 'fault') {
      context.onFault(peer, walked.code)
      return walked.code
    }
    const checked = yield* crossCheck(from, { view, steps: walked.steps }, witnesses, context)
    if (checked.kind === 'refused') {
      isHalted = checked.code === 'LIGHT_FORKED'
      return checked.code
    }
    const { witnessesMin = LIGHT_WITNESSES_MIN } = options
    if (checked.witnesses < Math.min(witnessesMin, checked.witnesses + checked.silent)) return 'LIGHT_NO_WITNESS'
    trust(lastBlock(checked.side), (checked.side.steps.at(-1) as Step).to, checked.witnesses)
    return undefined
  }

  const goOn = (next: IteratorResult<Ask, LightRefusal | undefined>): void => {
    if (next.done === true) {
      run = undefined
      effects.push({ type: 'done', code: next.value })
      return
    }
    pending = { requestId: nextRequestId++, ...next.value }
    effects.push({ type: 'request', ...pending })
  }

  const react = (input: LightInput): void => {
    if (input.type === 'finalized') {
      trusted = trustConfirmed(trusted, input.header, { trustingPeriodMs: options.trustingPeriodMs, nowMs })
      return
    }
    if (input.type === 'advance') {
      if (run !== undefined) return
      run = advance(input)
      goOn(run.next())
      return
    }
    if (run === undefined || pending?.requestId !== input.requestId) return
    const { epoch } = pending
    pending = undefined
    goOn(run.next(input.type === 'response' ? answerFrom(input.data, epoch) : 'LIGHT_MISSING'))
  }

  return {
    handle: (input, atMs) => {
      nowMs = atMs
      effects = []
      react(input)
      return effects
    },
    trusted: () => trusted,
  }
}

function answerFrom(data: Uint8Array, asked: Epoch): Answer {
  const decoded = decodeLightBlockResponse(data)
  if (!decoded.ok) return 'LIGHT_MALFORMED'
  const { block } = decoded.value
  if (block === undefined) return 'LIGHT_MISSING'
  return block.header.epoch === asked ? block : 'LIGHT_MALFORMED'
}
