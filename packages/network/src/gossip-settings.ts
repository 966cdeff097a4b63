/**
 * Gossipsub 1.2 settings. Source: gossipsub v1.1 score specification; values from large deployments
 * (D 8/6/12, thresholds −4000/−8000/−16000). P3 (mesh delivery quota) is off: honest peers have quiet topics.
 */
import type { PeerId } from '@cairn/ports'
import {
  GOSSIP_HEARTBEAT_MS,
  GOSSIP_OUTBOUND_BUFFER_MAX_BYTES,
  GOSSIP_RPC_SIZE_MAX_BYTES,
  GOSSIP_SEEN_TTL_MS,
  GOSSIP_SUBSCRIPTIONS_MAX,
} from './limits.ts'
import type { Sha256 } from './request-frame.ts'

export interface GossipSettings {
  readonly topicNames: readonly string[]
  readonly localNetwork: boolean
  readonly heartbeatMs: number | undefined
  readonly sha256: Sha256
  /** The peer's entry in our own score book, ≤ 0. */
  readonly appScore: (peer: PeerId) => number
}

/** The argument of `gossipsub()`. */
export function gossipsubOptions(settings: GossipSettings): object {
  return {
    D: 8,
    Dlo: 6,
    Dhi: 12,
    Dlazy: 6,
    Dscore: 4,
    // At least two mesh peers that we dialed ourselves: inbound Sybils cannot fill the mesh.
    Dout: 2,
    heartbeatInterval: settings.heartbeatMs ?? GOSSIP_HEARTBEAT_MS,
    mcacheLength: 6,
    mcacheGossip: 3,
    seenTTL: GOSSIP_SEEN_TTL_MS,
    floodPublish: true,
    fallbackToFloodsub: false,
    emitSelf: false,
    doPX: false,
    tagMeshPeers: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: (message: { readonly topic: string; readonly data: Uint8Array }) => messageId(message, settings.sha256),
    allowedTopics: [...settings.topicNames],
    maxInboundDataLength: GOSSIP_RPC_SIZE_MAX_BYTES,
    maxOutboundBufferSize: GOSSIP_OUTBOUND_BUFFER_MAX_BYTES,
    decodeRpcLimits: {
      maxSubscriptions: GOSSIP_SUBSCRIPTIONS_MAX,
      maxMessages: 5000,
      maxIhaveMessageIDs: 5000,
      maxIwantMessageIDs: 5000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 512,
      maxPeerInfos: 16,
    },
    scoreThresholds: {
      gossipThreshold: -4000,
      publishThreshold: -8000,
      graylistThreshold: -16_000,
      acceptPXThreshold: 100,
      opportunisticGraftThreshold: 5,
    },
    scoreParams: scoreParams(settings),
  }
}

/** sha256(topic length u8 ‖ topic ‖ data): the full bytes, so no two contents share an id. */
export function messageId(message: { readonly topic: string; readonly data: Uint8Array }, sha256: Sha256): Uint8Array {
  const topic = new TextEncoder().encode(message.topic)
  const bytes = new Uint8Array(1 + topic.length + message.data.length)
  bytes[0] = topic.length
  bytes.set(topic, 1)
  bytes.set(message.data, 1 + topic.length)
  return sha256(bytes)
}

function scoreParams(settings: GossipSettings): object {
  return {
    topics: Object.fromEntries(settings.topicNames.map((name) => [name, TOPIC_SCORE])),
    topicScoreCap: 100,
    appSpecificScore: settings.appScore,
    // Own score −20 (disconnect) is −2 000 here, −50 (ban) is −5 000, below the gossip threshold.
    appSpecificWeight: 100,
    // In a local network every peer has the same address.
    IPColocationFactorWeight: settings.localNetwork ? 0 : -50,
    IPColocationFactorThreshold: 3,
    behaviourPenaltyWeight: -16,
    behaviourPenaltyThreshold: 6,
    behaviourPenaltyDecay: 0.9,
    decayInterval: 1000,
    decayToZero: 0.01,
    retainScore: 600_000,
  }
}

const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0.03,
  timeInMeshQuantum: 1000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.5,
  firstMessageDeliveriesDecay: 0.9,
  firstMessageDeliveriesCap: 40,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  // Squared: ten invalid messages in a short time reach the gossip threshold.
  invalidMessageDeliveriesWeight: -40,
  invalidMessageDeliveriesDecay: 0.99,
}
