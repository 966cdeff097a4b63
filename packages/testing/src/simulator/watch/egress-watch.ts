/**
 * What one life of an honest node may send of its own accord, whatever comes in (R9: egress is bounded at standstill). A
 * vote, a certificate, a view's proposal leaves once; more of it only with a standstill tick, of which there is one in
 * 1.6 s at most, each with one status of bounded size.
 */
import type { Effect } from '@cairn/consensus'

export interface EgressWatch {
  /** What is too much about the effect; `undefined`: nothing. `nowMs`: the node's monotonic clock. */
  note(effect: Effect, nowMs: number): string | undefined
}

/** 2 s − 20 %. */
const TICK_MIN_MS = 1_600
/** Messages of other epochs are answered, and asked about, at most this often. */
const OTHER_EPOCH_MS = 1_000
const STATUS_NULLIFICATIONS = 256
const STATUS_VOTES = 64

export function createEgressWatch(startedAtMs: number): EgressWatch {
  const sent = new Set<string>()
  let tickedAtMs = Number.NEGATIVE_INFINITY
  let repeatedAtMs = Number.NEGATIVE_INFINITY
  let endRepeatedAtMs = Number.NEGATIVE_INFINITY
  let questions = 0
  const epochs = new Set<number>()

  const once = (what: string): boolean => {
    if (sent.has(what)) return false
    sent.add(what)
    return true
  }

  return {
    note(effect, nowMs) {
      switch (effect.type) {
        case 'broadcast-vote': {
          const { kind, epoch, view } = effect.vote
          // Once to collectors, and once to everybody.
          return once(`${kind} ${epoch}:${view} ${effect.to === undefined}`)
            ? undefined
            : `${kind} vote of view ${view} again`
        }
        case 'broadcast-certificate': {
          const { kind, epoch, view } = effect.certificate
          if (once(`${kind} certificate ${epoch}:${view}`)) return undefined
          // Whoever lags is told how its epoch ended.
          const isTooSoon = nowMs - endRepeatedAtMs < OTHER_EPOCH_MS
          endRepeatedAtMs = nowMs
          return kind !== 'finalize' || isTooSoon ? `${kind} certificate of view ${view} again` : undefined
        }
        case 'broadcast-proposal': {
          const { epoch, view } = effect.proposal
          if (once(`proposal ${epoch}:${view}`)) return undefined
          const isTooSoon = nowMs - repeatedAtMs < TICK_MIN_MS
          repeatedAtMs = nowMs
          return isTooSoon ? `proposal of view ${view} again within a standstill interval` : undefined
        }
        case 'broadcast-status': {
          const { votes, entryProof } = effect.status
          const isTooSoon = nowMs - tickedAtMs < TICK_MIN_MS
          tickedAtMs = nowMs
          if (isTooSoon) return 'two statuses within a standstill interval'
          const isTooLarge = votes.length > STATUS_VOTES || entryProof.nullifications.length > STATUS_NULLIFICATIONS
          return isTooLarge ? 'a status without bound' : undefined
        }
        case 'fetch-certificates': {
          epochs.add(effect.epoch)
          const ranMs = nowMs - startedAtMs
          const questionsMax = 2 + 2 * epochs.size + ranMs / TICK_MIN_MS + ranMs / OTHER_EPOCH_MS
          return ++questions > questionsMax ? `${questions} questions for certificates in ${ranMs} ms` : undefined
        }
        default:
          return undefined
      }
    },
  }
}
