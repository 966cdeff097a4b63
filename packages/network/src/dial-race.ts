/**
 * Reaches one peer by whichever of its addresses answers first (the idea of RFC 8305, «happy eyeballs»): the next address is begun
 * `DIAL_STAGGER_MS` after the one before, or as soon as that has failed; the first connection stays, and whatever else
 * is under way is aborted, so that nothing of it is left. Addresses over a relay come after all others have failed: each leaves
 * a relayed link behind, and races of those are of no use.
 */
import type { Clock, Timers } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import { DIAL_STAGGER_MS } from './limits.ts'
import { transportOf } from './multiaddr-text.ts'

/**
 * `CONNECTED` · `OVERTAKEN`: another address was faster · `NO_ANSWER`: nothing came of it in time · `ICE_FAILED`: WebRTC found no way ·
 * `REFUSED`: begun and then closed by the other side, or it could not be begun.
 */
export type DialCode = 'CONNECTED' | 'OVERTAKEN' | 'NO_ANSWER' | 'ICE_FAILED' | 'REFUSED'

/** What became of one address. */
export interface DialOutcome {
  /** As `PeerSummary.transport` names it. */
  readonly transport: string
  readonly code: DialCode
  /** From its own beginning, milliseconds. */
  readonly afterMs: number
}

export interface DialRaceDeps {
  readonly clock: Clock
  readonly timers: Timers
  /** Default `DIAL_STAGGER_MS`. */
  readonly staggerMs?: number | undefined
  /** Resolves with what undoes the connection. A connection that comes after `signal` has aborted is its own to close. */
  readonly dial: (address: string, signal: AbortSignal) => Promise<{ abort(): void }>
  /** Somebody else has connected meanwhile: no further address is begun. */
  readonly isConnected: () => boolean
}

/** In the order in which they were begun; never rejects. */
export async function raceDials(addresses: readonly string[], deps: DialRaceDeps): Promise<readonly DialOutcome[]> {
  const direct = addresses.filter((address) => !isRelayed(address))
  const outcomes = await race(direct, deps)
  for (const address of addresses.filter(isRelayed)) {
    if (deps.isConnected() || outcomes.some(({ code }) => code === 'CONNECTED')) break
    outcomes.push(...(await race([address], deps)))
  }
  return outcomes
}

async function race(addresses: readonly string[], deps: DialRaceDeps): Promise<DialOutcome[]> {
  const won = new AbortController()
  const attempts: Promise<DialOutcome>[] = []
  let isWon = false

  async function attempt(address: string): Promise<DialOutcome> {
    const sinceMs = deps.clock.monotonicMs()
    const outcome = (code: DialCode): DialOutcome => ({
      transport: transportOf(address),
      code,
      afterMs: deps.clock.monotonicMs() - sinceMs,
    })
    try {
      const connection = await deps.dial(address, won.signal)
      if (isWon) {
        connection.abort()
        return outcome('OVERTAKEN')
      }
      isWon = true
      won.abort()
      return outcome('CONNECTED')
    } catch (error) {
      return outcome(isWon ? 'OVERTAKEN' : codeOf(error))
    }
  }

  for (const address of addresses) {
    if (isWon || deps.isConnected()) break
    const current = attempt(address)
    attempts.push(current)
    const patience = Promise.withResolvers<void>()
    const timer = deps.timers.after(deps.staggerMs ?? DIAL_STAGGER_MS, patience.resolve)
    await Promise.race([current, patience.promise])
    timer.cancel()
  }
  return Promise.all(attempts)
}

function isRelayed(address: string): boolean {
  return address.includes('/p2p-circuit')
}

/** Browsers tell of a failed ICE by an `error` event of the channel that was to open; libp2p has a time limit of its own. */
function codeOf(error: unknown): DialCode {
  if (error instanceof CodedError && error.code === 'DIAL_TIMEOUT') return 'NO_ANSWER'
  const { type, name } = error as { readonly type?: unknown; readonly name?: unknown }
  if (name === 'TimeoutError') return 'NO_ANSWER'
  return type === 'error' ? 'ICE_FAILED' : 'REFUSED'
}
