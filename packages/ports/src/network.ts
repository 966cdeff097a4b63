/** Peer-to-peer messaging as the node sees it: topics with verdicts, and bounded requests. */
import type { Verdict } from '@cairn/primitives'

/** libp2p peer id in its text form. */
export type PeerId = string

export type Topic =
  | 'transactions'
  | 'proposals'
  | 'votes'
  | 'certificates'
  | 'status'
  | 'evidence'
  | 'leaving'
  | 'announcements'

/**
 * `finalized-range`, `epoch-ends`: sync; `light-block`: an epoch's end with its own validators; `blocks-by-hash`,
 * `certificates`: consensus repair; `chain-status`: head; `account-proof`: light reads; `snapshot-chunk`, `snapshot-codes`:
 * state for nodes that begin; `peers`: addresses of others, asked and answered by the network itself; `votes`:
 * a vote for who collects them, answered with nothing; `goodbye`: why the asker closes the connection, handled by the network itself; `attack-report`: an attack on light clients, for full nodes to judge.
 */
export type RequestProtocol =
  | 'blocks-by-hash'
  | 'certificates'
  | 'finalized-range'
  | 'epoch-ends'
  | 'light-block'
  | 'chain-status'
  | 'account-proof'
  | 'peers'
  | 'snapshot-chunk'
  | 'snapshot-codes'
  | 'header-trail'
  | 'votes'
  | 'attack-report'
  | 'goodbye'

export interface PeerSummary {
  readonly peerId: PeerId
  readonly direction: 'inbound' | 'outbound'
  /** E.g. `quic-v1`, `webrtc-direct`, `ws`. */
  readonly transport: string
  readonly score: number
  /** Whether gossip flows both ways. */
  readonly gossiping: boolean
}

export type TopicHandler = (data: Uint8Array, from: PeerId) => Promise<Verdict> | Verdict
/** The response, or a refusal code sent to the peer. */
export type RequestHandler = (data: Uint8Array, from: PeerId) => Promise<Uint8Array | { readonly refused: string }>

export interface Network {
  readonly peerId: PeerId
  /** Dialable addresses, with the peer id. */
  addresses(): readonly string[]
  start(): Promise<void>
  stop(): Promise<void>
  /** Before or after `start`; one handler each. The verdict decides forwarding and the sender's score. */
  onTopic(topic: Topic, handler: TopicHandler): void
  /** Before or after `start`; one handler each. */
  onRequest(protocol: RequestProtocol, handler: RequestHandler): void
  /**
   * Number of peers it was handed to. Never throws for lack of peers. The same bytes may be published again.
   * @throws CodedError `MESSAGE_SIZE` when empty or over the topic's limit
   */
  publish(topic: Topic, data: Uint8Array): Promise<number>
  /** @throws CodedError `REQUEST_TIMEOUT`, `REQUEST_REFUSED`, `RESPONSE_INVALID`, `PEER_UNREACHABLE`, `TOO_MANY_REQUESTS`, `REQUEST_ABORTED`, `REQUEST_TOO_LARGE` */
  request(peer: PeerId, protocol: RequestProtocol, data: Uint8Array, options?: RequestOptions): Promise<Uint8Array>
  peers(): readonly PeerSummary[]
  /** Misbehaviour outside gossip (bad response); may disconnect or ban. */
  penalize(peer: PeerId, code: string): void
  /** From now on these, the validators, are admitted beyond the limits of connections; replaces what was said before. */
  reserve(peers: readonly PeerId[]): void
  /** Called on each connect and disconnect, and when gossip with a peer begins or ends; returns the unsubscribe function. */
  onPeersChanged(listener: () => void): () => void
}

export interface RequestOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}
