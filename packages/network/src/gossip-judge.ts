/**
 * Turns the node's verdicts into gossipsub's. Validations run side by side: a slow handler delays only its own
 * message. What is over the bounds is ignored, what is over the topic's size limit is rejected unread.
 */
import { ignore, reject } from '@cairn/primitives'
import type { Verdict } from '@cairn/primitives'
import type { Log, Metrics, PeerId, Topic, TopicHandler } from '@cairn/ports'
import { ENVELOPE_BYTES, openEnvelope } from './gossip-envelope.ts'
import { PENALTY, PENDING_BYTES_MAX, PENDING_MESSAGES_PER_PEER_MAX, TOPIC_SIZE_MAX_BYTES } from './limits.ts'

/** Judges wire bytes; the verdict is gossipsub's `TopicValidatorResult`. */
export type GossipJudge = (topic: Topic, data: Uint8Array, from: PeerId) => Promise<Verdict['verdict']>

export interface GossipJudgeDeps {
  readonly handlers: ReadonlyMap<Topic, TopicHandler>
  readonly log: Log
  readonly metrics: Metrics
  readonly report: (peer: PeerId, cost: number, code: string) => void
}

export function createGossipJudge(deps: GossipJudgeDeps): GossipJudge {
  const pendingByPeer = new Map<PeerId, number>()
  let pendingBytes = 0

  async function validate(topic: Topic, data: Uint8Array, from: PeerId): Promise<Verdict> {
    const handler = deps.handlers.get(topic)
    if (handler === undefined) return ignore('NO_HANDLER')
    if (data.length <= ENVELOPE_BYTES) return reject('MESSAGE_EMPTY')
    if (data.length > TOPIC_SIZE_MAX_BYTES[topic] + ENVELOPE_BYTES) return reject('MESSAGE_TOO_LARGE')
    const pending = pendingByPeer.get(from) ?? 0
    if (pending >= PENDING_MESSAGES_PER_PEER_MAX || pendingBytes + data.length > PENDING_BYTES_MAX) {
      return ignore('OVERLOADED')
    }
    pendingByPeer.set(from, pending + 1)
    pendingBytes += data.length
    try {
      return await handler(openEnvelope(data), from)
    } catch (error) {
      deps.log.error('topic handler failed', { topic, error })
      return ignore('HANDLER_FAILED')
    } finally {
      pendingBytes -= data.length
      const left = (pendingByPeer.get(from) ?? 1) - 1
      if (left === 0) pendingByPeer.delete(from)
      else pendingByPeer.set(from, left)
    }
  }

  return async (topic, data, from) => {
    const verdict = await validate(topic, data, from)
    deps.metrics.count('network_gossip_received_total', { topic, verdict: verdict.verdict })
    deps.metrics.count('network_gossip_received_bytes_total', { topic }, data.length)
    if (verdict.verdict === 'reject') {
      deps.log.debug('gossip message rejected', { topic, from, code: verdict.code })
      deps.report(from, PENALTY.REJECTED_MESSAGE, verdict.code)
    }
    return verdict.verdict
  }
}
