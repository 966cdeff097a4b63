/**
 * Gossiped bytes on the wire: `repetition u8 ‖ data`. Gossipsub forgets no message id for two minutes, on both
 * sides, so the very same bytes could not be sent again after a partition, and consensus resends its last status
 * and proposal exactly then. The n-th own publication of the same data therefore carries n mod 256. Different
 * nodes count alike, so a certificate that all of them publish is still one message, and one content has at most
 * 256 ids in that time.
 */
import type { Clock, Topic } from '@cairn/ports'
import { GOSSIP_SEEN_TTL_MS, REPUBLICATIONS_MAX } from './limits.ts'
import type { Sha256 } from './request-frame.ts'

/** Bytes before the data. */
export const ENVELOPE_BYTES = 1

export interface GossipEnvelopes {
  /** Fresh wire bytes for one more publication of `data`. */
  seal(topic: Topic, data: Uint8Array): Uint8Array
}

export function createGossipEnvelopes(deps: { readonly clock: Clock; readonly sha256: Sha256 }): GossipEnvelopes {
  /** Topic and hash of the data → how often published, least recent first. */
  const published = new Map<string, { readonly count: number; readonly atMs: number }>()

  return {
    seal(topic, data) {
      const key = `${topic} ${String.fromCharCode(...deps.sha256(data))}`
      const nowMs = deps.clock.monotonicMs()
      const last = published.get(key)
      const count = last === undefined || nowMs - last.atMs > 2 * GOSSIP_SEEN_TTL_MS ? 0 : (last.count + 1) % 256
      published.delete(key)
      published.set(key, { count, atMs: nowMs })
      const oldest = published.keys().next()
      if (published.size > REPUBLICATIONS_MAX && oldest.done !== true) published.delete(oldest.value)
      const wire = new Uint8Array(ENVELOPE_BYTES + data.length)
      wire[0] = count
      wire.set(data, ENVELOPE_BYTES)
      return wire
    },
  }
}

/** The data, as a plain view: Node's transports deliver `Buffer`, whose `slice` shares memory. */
export function openEnvelope(wire: Uint8Array): Uint8Array {
  return new Uint8Array(wire.buffer, wire.byteOffset + ENVELOPE_BYTES, wire.byteLength - ENVELOPE_BYTES)
}
