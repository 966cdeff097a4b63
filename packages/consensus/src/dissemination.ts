/**
 * Dissemination (consensus.md, ADR 042): in a large set an own vote goes to the view's collectors and to the next leader, who
 * aggregate it and publish the certificate. When that takes too long the vote goes to everybody, so that liveness does not
 * depend on collectors. Safety and validity know nothing of this.
 *
 * To everybody at once go: a leader's own nullify (R5's fast path), and a vote now and then of a validator whose signature
 * is in no certificate (R8: who signs last is not silent).
 */
import { createCollectorSchedule } from '@cairn/chain'
import type { Certificate, CollectorSchedule, Vote } from '@cairn/chain'
import type { View } from '@cairn/primitives'
import type { Dissemination, EpochOptions } from './consensus-options.ts'
import { COLLECTORS_MAX, GOSSIP_VALIDATORS_MAX, SHOWN_INTERVAL_MS } from './limits.ts'
import type { CollectedVote, Core } from './state.ts'

/** «1.5 RTT». */
const PATIENCE_FACTOR = 1.5
/** What a round trip is taken for before one was measured, as a share of T0. */
export const COLLECT_SHARE = 0.4
/** Bounds of what is measured, as shares of T0: the fall-back comes well before ta = 1.7 · T0, whatever collectors do. */
const COLLECT_SHARE_MIN = 0.06
const COLLECT_SHARE_MAX = 0.5
const FALL_STEP = 1 / 16

export const DEFAULT_DISSEMINATION: Dissemination = { gossipMax: GOSSIP_VALIDATORS_MAX, collectors: COLLECTORS_MAX }

/** `undefined`: everybody is sent everything. */
export function collectorsFor({
  validators,
  dissemination = DEFAULT_DISSEMINATION,
}: EpochOptions): CollectorSchedule | undefined {
  const { gossipMax, collectors } = dissemination
  return validators.validators.length > gossipMax ? createCollectorSchedule(validators, collectors) : undefined
}

/** Durable and signed. */
export function sendVote(core: Core, vote: Vote): void {
  const { state, run, now, effects } = core
  const to = recipientsOf(core, vote)
  if (to === undefined) {
    run.shownAtMs = now.monotonicMs
    effects.push({ type: 'broadcast-vote', vote })
    return
  }
  state.collected.set(`${vote.kind}:${vote.view}`, { vote, sentAtMs: now.monotonicMs, isShown: false })
  if (to.length > 0) effects.push({ type: 'broadcast-vote', vote, to })
}

/** A certificate is there: it ends the wait for the own vote of its kind, and shows who has signed it. */
export function noteCollected(
  { state, run, options, now }: Core,
  { kind, view }: Certificate,
  isSigner: boolean,
): void {
  if (isSigner) run.shownAtMs = now.monotonicMs
  const key = `${kind}:${view}`
  const sent = state.collected.get(key)
  if (sent === undefined) return
  state.collected.delete(key)
  const { leaderTimeoutMs } = options.spec.timing
  const tookMs = now.monotonicMs - sent.sentAtMs
  const nextMs = run.collectMs + (tookMs - run.collectMs) * (tookMs > run.collectMs ? 0.5 : FALL_STEP)
  run.collectMs = Math.min(COLLECT_SHARE_MAX * leaderTimeoutMs, Math.max(COLLECT_SHARE_MIN * leaderTimeoutMs, nextMs))
}

/** The fall-back: to everybody what collectors have made nothing of in time. */
export function showOverdue(core: Core): void {
  const { state, run, now, effects } = core
  if (state.collected.size === 0 || run.silentUntilMs !== undefined) return
  for (const [key, sent] of state.collected) {
    if (isMoot(core, sent.vote)) state.collected.delete(key)
    else if (!sent.isShown && now.monotonicMs >= dueAtMs(core, sent)) {
      sent.isShown = true
      run.shownAtMs = now.monotonicMs
      effects.push({ type: 'broadcast-vote', vote: sent.vote })
    }
  }
}

/** Monotonic times at which votes are overdue. */
export function overdueTimes(core: Core): readonly number[] {
  const waiting = [...core.state.collected.values()].filter(({ isShown }) => !isShown)
  return waiting.map((sent) => dueAtMs(core, sent))
}

function dueAtMs({ run }: Core, { sentAtMs }: CollectedVote): number {
  return sentAtMs + PATIENCE_FACTOR * run.collectMs
}

/** Nothing comes of it any more. A finalization is of use after the view, too. */
function isMoot({ state }: Core, { kind, view }: Vote): boolean {
  if (view <= state.finalizedView) return true
  const isNullified = state.views.get(view)?.certificates.nullify !== undefined
  return kind === 'finalize' ? isNullified : view < state.view
}

/** `undefined`: everybody. */
function recipientsOf(core: Core, { kind, view, validator }: Vote): readonly number[] | undefined {
  const { collectorsOf, leaderOf, run, now } = core
  if (collectorsOf === undefined || now.monotonicMs - run.shownAtMs >= SHOWN_INTERVAL_MS) return undefined
  if (kind === 'nullify' && leaderOf(view) === validator) return undefined
  const chosen = new Set([...collectorsOf(view), leaderOf((view + 1) as View)])
  chosen.delete(validator)
  return [...chosen]
}
