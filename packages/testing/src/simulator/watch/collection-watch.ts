/**
 * The fall-back of dissemination, observed: a vote that went to collectors and of which no certificate has come is shown to
 * everybody well before the view's timers run out. Status messages (R9) would hide its absence.
 */
import type { Vote } from '@cairn/chain'
import type { Consensus, Effect } from '@cairn/consensus'

export interface CollectionWatch {
  /** What collectors have kept for themselves for too long; `undefined`: nothing. `nowMs`: the node's monotonic clock. */
  note(
    effect: Effect,
    nowMs: number,
    consensus: Pick<Consensus, 'validators' | 'view' | 'finalizedView'>,
  ): string | undefined
}

/** 1.5 · 0.5 · T0; then the timer of a node that drifts. A node without anything to do wakes up for standstill only. */
const SHOWN_WITHIN_MS = 1.5 * 0.5 * 400 + 10

export function createCollectionWatch(): CollectionWatch {
  /** A vote may be signed when its certificate is there, and to finalize a view that others have nullified. */
  const certified = new Set<string>()
  const waiting = new Map<string, { readonly vote: Vote; readonly sentAtMs: number }>()
  return {
    note(effect, nowMs, { validators, view, finalizedView }) {
      if (effect.type === 'broadcast-vote') {
        const { vote, to } = effect
        if (to === undefined) waiting.delete(`${vote.kind}:${vote.view}`)
        else waiting.set(`${vote.kind}:${vote.view}`, { vote, sentAtMs: nowMs })
      } else if (effect.type === 'log-certificate') {
        const { kind, epoch, view: of } = effect.certificate
        certified.add(`${kind} ${epoch}:${of}`)
        // Who leaves falls silent.
      } else if (effect.type === 'announce-leaving') waiting.clear()
      for (const [key, { vote, sentAtMs }] of waiting) {
        const { kind, epoch, view: of } = vote
        const isOver = epoch !== validators.epoch || of <= finalizedView || (kind !== 'finalize' && of < view)
        if (isOver || [kind, 'nullify'].some((other) => certified.has(`${other} ${epoch}:${of}`))) waiting.delete(key)
        else if (nowMs - sentAtMs > SHOWN_WITHIN_MS) return `${kind} vote of view ${of}`
      }
      return undefined
    },
  }
}
