/**
 * Whom a full node has put out lately, by peer id and by address: they are refused before anything is set up for them, so that one that
 * ignores the goodbye costs a handshake. Bounded; the oldest are forgotten first.
 */
import type { Clock, PeerId } from '@cairn/ports'
import { PUT_OUT_KEPT_MAX, PUT_OUT_MS } from './limits.ts'
import { ipGroupOf } from './multiaddr-text.ts'

export interface PutOut {
  note(peer: PeerId, address: string): void
  isOut(peer: PeerId, address: string): boolean
}

/** `localNetwork`: all have one address, which says nothing. */
export function createPutOut(options: { readonly localNetwork: boolean }, deps: { readonly clock: Clock }): PutOut {
  const untilMs = new Map<string, number>()

  const keysOf = (peer: PeerId, address: string): readonly string[] => {
    const group = options.localNetwork ? undefined : ipGroupOf(address)
    return group === undefined ? [peer] : [peer, `at ${group}`]
  }

  return {
    note(peer, address) {
      for (const key of keysOf(peer, address)) {
        untilMs.delete(key)
        untilMs.set(key, deps.clock.monotonicMs() + PUT_OUT_MS)
        const oldest = untilMs.keys().next()
        if (untilMs.size > PUT_OUT_KEPT_MAX && oldest.done !== true) untilMs.delete(oldest.value)
      }
    },
    isOut: (peer, address) => keysOf(peer, address).some((key) => (untilMs.get(key) ?? 0) > deps.clock.monotonicMs()),
  }
}
