/**
 * Our own memory of misbehaviour, beside gossipsub's scores and feeding them: it also counts bad requests and
 * responses. Scores are ≤ 0 and decay to 0 with a half-life. At −20 a peer is disconnected for a while, at −50
 * banned until decay lifts it (values of consensus clients; see `limits.ts`).
 */
import type { Clock, PeerId } from '@cairn/ports'
import {
  BANS_KEPT_MAX,
  DISCONNECT_COOLDOWN_MS,
  SCORED_PEERS_MAX,
  SCORE_BAN,
  SCORE_DISCONNECT,
  SCORE_FLOOR,
  SCORE_HALF_LIFE_MS,
} from './limits.ts'
import type { RememberedScore } from './peer-memory.ts'

export interface ScoreBook {
  /** In [−100, 0]; 0 for a peer never reported. */
  score(peer: PeerId): number
  /** Subtracts `cost`; says whether the peer must go now. */
  report(peer: PeerId, cost: number): 'keep' | 'disconnect' | 'ban'
  /** Whether connections with the peer are refused at present. */
  isRefused(peer: PeerId): boolean
  /** What is worth keeping over a restart, the worst first. */
  remembered(): readonly RememberedScore[]
  /** Scores of an earlier life, which ended `ageMs` ago. */
  restore(scores: readonly RememberedScore[], ageMs: number): void
}

interface Entry {
  score: number
  atMs: number
  banned: boolean
  /** Refused until then after a disconnect. */
  refusedUntilMs: number
}

export function createScoreBook(deps: { readonly clock: Clock }): ScoreBook {
  const entries = new Map<PeerId, Entry>()

  function decayed(entry: Entry): Entry {
    const nowMs = deps.clock.monotonicMs()
    entry.score *= 2 ** (-(nowMs - entry.atMs) / SCORE_HALF_LIFE_MS)
    entry.atMs = nowMs
    return entry
  }

  function current(peer: PeerId): Entry | undefined {
    const entry = entries.get(peer)
    return entry === undefined ? undefined : decayed(entry)
  }

  return {
    score: (peer) => current(peer)?.score ?? 0,
    report(peer, cost) {
      const nowMs = deps.clock.monotonicMs()
      const entry = current(peer) ?? { score: 0, atMs: nowMs, banned: false, refusedUntilMs: nowMs }
      entry.score = Math.max(SCORE_FLOOR, entry.score - cost)
      entries.set(peer, entry)
      if (entries.size > SCORED_PEERS_MAX) forgetBest(entries, decayed)
      if (entry.score > SCORE_DISCONNECT) return 'keep'
      entry.refusedUntilMs = nowMs + DISCONNECT_COOLDOWN_MS
      if (entry.score > SCORE_BAN) return 'disconnect'
      entry.banned = true
      return 'ban'
    },
    isRefused(peer) {
      const entry = current(peer)
      if (entry === undefined) return false
      if (entry.banned && entry.score > SCORE_DISCONNECT) entry.banned = false
      return entry.banned || deps.clock.monotonicMs() < entry.refusedUntilMs
    },
    remembered: () =>
      [...entries]
        .map(([peer, entry]) => ({ peer, score: Math.round(decayed(entry).score), banned: entry.banned }))
        .filter(({ score }) => score < 0)
        .toSorted((a, b) => a.score - b.score)
        .slice(0, BANS_KEPT_MAX),
    restore(scores, ageMs) {
      // A clock that went back does not lengthen a ban.
      const decay = 2 ** (-Math.max(0, ageMs) / SCORE_HALF_LIFE_MS)
      const nowMs = deps.clock.monotonicMs()
      for (const { peer, score, banned } of scores) {
        const left = Math.max(SCORE_FLOOR, score * decay)
        entries.set(peer, { score: left, atMs: nowMs, banned, refusedUntilMs: nowMs })
      }
    },
  }
}

/** Forgetting the best-behaved peer gives an attacker nothing. */
function forgetBest(entries: Map<PeerId, Entry>, decayed: (entry: Entry) => Entry): void {
  let best: PeerId | undefined
  let bestScore = -Infinity
  for (const [peer, entry] of entries) {
    if (decayed(entry).score <= bestScore) continue
    best = peer
    bestScore = entry.score
  }
  if (best !== undefined) entries.delete(best)
}
