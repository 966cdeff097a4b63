/** Every bound of this package, each with its reason. Sizes in bytes, times in milliseconds. */
import type { RequestProtocol, Topic } from '@cairn/ports'

const KIB = 1024
const MIB = 1024 * KIB

/**
 * Largest gossiped message per topic; one byte more is a reject. Proposals and statuses leave room for the chain codec's
 * longest entry proof (hours of nullified views): they must still get through when the chain has stood that long.
 */
export const TOPIC_SIZE_MAX_BYTES: Readonly<Record<Topic, number>> = {
  transactions: 256 * KIB,
  proposals: 4 * MIB,
  votes: 4 * KIB,
  certificates: 256 * KIB,
  status: 2 * MIB,
  evidence: KIB,
  leaving: KIB,
  announcements: KIB,
}

/** Gossip messages of one peer under validation at once; more are ignored (not scored). */
export const PENDING_MESSAGES_PER_PEER_MAX = 1024
/** Bytes of gossip under validation at once, all peers; more are ignored (not scored). */
export const PENDING_BYTES_MAX = 64 * MIB
/** One gossip RPC may bundle several messages (answers to IWANT), so it exceeds the largest message. */
export const GOSSIP_RPC_SIZE_MAX_BYTES = 16 * MIB
/** Gossip queued for one slow peer; beyond it the stream is reset and reopened by the watch. */
export const GOSSIP_OUTBOUND_BUFFER_MAX_BYTES = 16 * MIB
/** Subscriptions in one RPC; the network has eight topics. */
export const GOSSIP_SUBSCRIPTIONS_MAX = 64

/** Largest request body. */
export const REQUEST_SIZE_MAX_BYTES = 64 * KIB
/** Of an attack report, which may hold a validator set. */
const REPORT_SIZE_MAX_BYTES = 288 * KIB

/** Of a goodbye: two small numbers. */
export const GOODBYE_MAX_BYTES = 16

export function requestSizeMaxBytes(protocol: RequestProtocol): number {
  if (protocol === 'goodbye') return GOODBYE_MAX_BYTES
  return protocol === 'attack-report' ? REPORT_SIZE_MAX_BYTES : REQUEST_SIZE_MAX_BYTES
}

/** Largest response body per protocol; bulk data is pulled in many requests. */
export const RESPONSE_SIZE_MAX_BYTES: Readonly<Record<RequestProtocol, number>> = {
  'blocks-by-hash': 4 * MIB,
  certificates: MIB,
  'finalized-range': 4 * MIB,
  'epoch-ends': 4 * MIB,
  'light-block': MIB,
  'chain-status': 256 * KIB,
  'account-proof': MIB,
  peers: 64 * KIB,
  'snapshot-chunk': 4 * MIB,
  'snapshot-codes': 4 * MIB,
  'header-trail': 4 * MIB,
  votes: 1,
  'attack-report': 1,
  goodbye: 1,
}
/** Simultaneous requests per protocol and peer, in each direction (eth2 p2p rule). */
export const REQUESTS_AT_ONCE_MAX = 2
/** Inbound requests that may wait a moment for a slot: the peer sees an answer before we see it delivered. */
export const REQUEST_INBOUND_WAITING_MAX = 2
export const REQUEST_INBOUND_PATIENCE_MS = 500
/** Own requests waiting for a slot, per protocol and peer. */
export const REQUEST_OUTBOUND_WAITING_MAX = 64
/** Requests served at once, all peers and protocols. */
export const REQUESTS_SERVED_MAX = 64
/** Streams per request protocol and connection at the muxer: more than `REQUESTS_AT_ONCE_MAX`, so a refusal can be sent. */
export const REQUEST_STREAMS_MAX = 16
/** Inbound requests per peer: burst and sustained rate. */
export const REQUEST_BURST_MAX = 128
export const REQUESTS_PER_SECOND_MAX = 64
/** Own pace against one peer, safely below what it allows. */
export const OUTBOUND_REQUEST_BURST_MAX = 96
export const OUTBOUND_REQUESTS_PER_SECOND_MAX = 48
/** Peers whose request rate is remembered, least recently seen out first. */
export const RATED_PEERS_MAX = 1024
/** Time for a peer to send its whole request (slow loris). */
export const REQUEST_READ_TIMEOUT_MS = 5_000
/** Time for a handler to answer. */
export const REQUEST_HANDLE_TIMEOUT_MS = 15_000
/** Time for a peer to take the response. */
export const RESPONSE_WRITE_TIMEOUT_MS = 15_000
/** Default deadline of an own request, whole. */
export const REQUEST_TIMEOUT_MS = 10_000
/** A stream that is not closed by both sides after this is reset. */
export const STREAM_CLOSE_TIMEOUT_MS = 5_000
/** Bytes handed to a stream before its back-pressure is looked at. */
export const STREAM_CHUNK_BYTES = 64 * KIB
/** Length of a refusal code. */
export const REFUSAL_CODE_LENGTH_MAX = 64

/** Peers in the score book, the best scores out first. */
export const SCORED_PEERS_MAX = 4096
export const SCORE_HALF_LIFE_MS = 600_000
export const SCORE_FLOOR = -100
export const SCORE_DISCONNECT = -20
export const SCORE_BAN = -50
/** A peer closed at `SCORE_DISCONNECT` may come back after this; a banned one when decay lifts it above `SCORE_DISCONNECT`. */
export const DISCONNECT_COOLDOWN_MS = 30_000
/** What each kind of misbehaviour costs. */
export const PENALTY = {
  /** A gossip message that no honest node forwards. */
  REJECTED_MESSAGE: 5,
  /** A response whose hash, size or status is wrong, or whose content the node found bad. */
  RESPONSE_INVALID: 10,
  /** A request frame no honest node sends. */
  REQUEST_INVALID: 10,
  /** A response that stopped in the middle: may also be a crash. */
  RESPONSE_TRUNCATED: 2,
  /** The sender may be an honest relay: gossip goes on before signatures are checked. */
  VOTE_SIGNATURE_INVALID: 1,
  PROPOSAL_SIGNATURE_INVALID: 1,
  /** An epoch's end that its validators have not finalized: nobody hands that on by mistake. A ban at once. */
  LIGHT_BAD_CERTIFICATE: 60,
  /** A chain of made-up validators. */
  LIGHT_LUNATIC: 60,
  /** Slowness is rarely malice. */
  REQUEST_TIMEOUT: 0.5,
  /** Faster than `REQUESTS_PER_SECOND_MAX`; our own pace stays below. */
  TOO_MANY_REQUESTS: 1,
} as const
/** Misbehaviour the node reports under any other code. */
export const PENALTY_DEFAULT = 10

/** Connections from others, validators' reserved slots not counted. */
export const INBOUND_MAX = 64
/** Connections we opened. */
export const OUTBOUND_MAX = 32
/** Inbound connections from one IPv4 address or IPv6 /64; off in local networks. */
export const INBOUND_PER_IP_MAX = 4
/** Inbound connections from one IPv4 /24 or IPv6 /48; off in local networks. */
export const INBOUND_PER_PREFIX_MAX = 16
/**
 * Inbound connections beyond `INBOUND_MAX`, for those who have yet to show that a slot is reserved for them: a validator
 * whose new peer nobody knows must be heard once. One for each IPv4 /24 or IPv6 /48, so that a neighbourhood of Sybils holds one.
 */
export const PROBATION_MAX = 8
/** Time for that: to gossip, an announcement needs a round trip or two of 2 s each way. */
export const PROBATION_MS = 10_000
/** Peers that are told goodbye at once, for which nobody waits longer than `GOODBYE_TIMEOUT_MS`; more are refused without a word. */
export const FAREWELLS_MAX = 8
export const GOODBYE_TIMEOUT_MS = 2_000
/** Who is told goodbye closes the connection too, once its answer has gone. */
export const GOODBYE_CLOSE_AFTER_MS = 200
/** Who was put out is refused for so long, while there is no free slot: six times what it was given. */
export const PUT_OUT_MS = 60_000
/** Peer ids and addresses remembered for that, the latest. */
export const PUT_OUT_KEPT_MAX = 2048
/** Pause after a goodbye, doubled by each one in a row; a wait that somebody asks for is cut to the most, … */
export const GOODBYE_WAIT_MIN_MS = 10_000
export const GOODBYE_WAIT_MAX_MS = 600_000
/** … lengthened by up to this share, so that those put out together do not come back together, … */
export const GOODBYE_JITTER = 0.3
/** … and begun anew by a connection that lasts so long: longer than any time on probation. */
export const GOODBYE_FORGIVEN_AFTER_MS = 60_000
/** A configured peer that could not be reached so often in a row makes room for one that stands by. */
export const UNREACHABLE_AFTER_DIALS = 3
/** Inbound connections per second from one address; off in local networks. */
export const INBOUND_PER_IP_PER_SECOND_MAX = 10
/** Handshakes under way. */
export const INBOUND_PENDING_MAX = 64
/** Connections to one peer kept while duplicates settle; the oldest go first. */
export const CONNECTIONS_PER_PEER_MAX = 3

/** First pause before dialing again, its growth and its cap; each is spread by ±30 %. */
export const RECONNECT_MIN_MS = 250
export const RECONNECT_FACTOR = 1.6
export const RECONNECT_MAX_MS = 3_000
export const RECONNECT_JITTER = 0.3
/** A connection that lived this long resets the pause. */
export const RECONNECT_RESET_MS = 5_000
/** Of two peers that both dial, the one with the larger id waits this long first: no duplicate connections. */
export const RECONNECT_YIELD_MS = 400
/** One dial, all its steps: two round trips of 2 s each way must fit, with losses. */
export const DIAL_TIMEOUT_MS = 15_000
/**
 * The next address of a peer is begun this long after the one before (RFC 8305: 250 ms). Longer here: WebRTC-direct takes up to 300 ms
 * in a busy tab, and is the better way.
 */
export const DIAL_STAGGER_MS = 500
/** A transport that others have overtaken this often, and that never worked, is begun last. */
export const TRANSPORT_DOUBT_AFTER = 2
/** Two connections in one direction that were opened within this are a race of the one who dialed, who keeps one. */
export const RACE_GRACE_MS = 2_000
/** Peers tell each other their protocols: the default of 5 s is a round trip of 2 s each way without any loss. */
export const IDENTIFY_TIMEOUT_MS = 15_000
/** Configured peers. */
export const CONFIGURED_PEERS_MAX = 256

/** How often gossip streams are looked at. */
export const WATCH_INTERVAL_MS = 1_000
/** A missing outbound gossip stream is reopened after this … */
export const GOSSIP_REOPEN_AFTER_MS = 1_500
/** … and a peer still without gossip in both directions is disconnected after this: a few round trips of 2 s each way. */
export const GOSSIP_MISSING_MAX_MS = 15_000
/** Two connections of opposite direction are reduced to one after this: longer than a dead QUIC connection lives. */
export const DUPLICATE_GRACE_MS = 9_000
/** Gossipsub's memory of message ids, its default. */
export const GOSSIP_SEEN_TTL_MS = 120_000
/** Own publications whose repetitions are counted. */
export const REPUBLICATIONS_MAX = 4096
/** Gossip heartbeat. */
export const GOSSIP_HEARTBEAT_MS = 700
/** Pause between keep-alive pings on transports without their own. */
export const PING_INTERVAL_MS = 10_000
/** A ping opens a stream first: two round trips of 2 s each way, and each loss costs as much again. */
export const PING_TIMEOUT_MIN_MS = 30_000

/** That a connected peer speaks a protocol is written down again after this: libp2p drops records of six hours. */
export const PROTOCOL_NOTED_MAX_AGE_MS = 600_000

/** Closing connections takes no longer than this at a stop; what is left goes with the process. */
export const STOP_MAX_MS = 1_000

/** Length of one multiaddr: a relayed address with two certificate hashes has some 350 characters. */
export const ADDRESS_LENGTH_MAX = 512
/** Addresses kept of one peer. */
export const ADDRESSES_PER_PEER_MAX = 6
/** Text of a peer id; an Ed25519 one has 52 characters. */
export const PEER_ID_LENGTH_MAX = 64
/** Peers named in one answer. */
export const EXCHANGED_PEERS_MAX = 16
/** Peers known and not connected, … */
export const BOOK_PEERS_MAX = 256
/** … and those of them that one peer has told of. */
export const BOOK_PEERS_PER_TELLER_MAX = 32
/** Discovered peers that a node keeps connected: the degree of the gossip mesh, so that each topic's mesh can be full. */
export const MESH_TARGET = 8
/** Dials to discovered peers under way. */
export const MESH_DIALS_MAX = 3
/** The mesh is looked at this often, … */
export const MESH_INTERVAL_MS = 1_000
/** … and each connected peer asked for others this often; while the mesh is thin sooner, twice as late after each answer without a new name. */
export const EXCHANGE_INTERVAL_MS = 30_000
export const EXCHANGE_THIN_INTERVAL_MS = 3_000
export const EXCHANGE_TIMEOUT_MS = 5_000
/** Own addresses are asked of libp2p again after this long, and whenever it tells of a change. */
export const OWN_ADDRESSES_MAX_AGE_MS = 10_000
/** First pause before a discovered peer is dialed again, doubled by each failure, and its cap. */
export const DISCOVERY_RETRY_MS = 4_000
export const DISCOVERY_RETRY_MAX_MS = 300_000
/** Of two that hear of each other the one with the larger peer id waits this long first. */
export const DISCOVERY_YIELD_MS = 2_500
/** A relayed link goes this long after a direct one is there: the other side may still be finishing the upgrade. */
export const RELAYED_GRACE_MS = 3_000
/** Peers remembered as good over a restart, … */
export const ANCHORS_MAX = 16
/** … once they were connected this long. */
export const ANCHOR_AFTER_MS = 20_000
/** Scores remembered over a restart, the worst first. */
export const BANS_KEPT_MAX = 256
/** What is remembered, encoded. */
export const PEER_MEMORY_MAX_BYTES = 256 * KIB
/** It is written this often, where it has changed. */
export const PEER_MEMORY_INTERVAL_MS = 15_000
/** After a sleep or a change of networks each connection must answer a ping within this. */
export const WAKE_PING_TIMEOUT_MS = 4_000

/** One look-up in the DHT, … */
export const DHT_WALK_MAX_MS = 15_000
/** … the peers taken from it, … */
export const DHT_WALK_PEERS_MAX = 64
/** … and the pause between two while the mesh is thin. A tab loads the DHT after the first such pause. */
export const DHT_INTERVAL_MS = 20_000

/** Relay: reservations at once; a tab holds one on each of some relays. */
export const RELAY_RESERVATIONS_MAX = 256
/** Relay: a reservation lasts this long, and is renewed before. */
export const RELAY_RESERVATION_TTL_MS = 3_600_000
/**
 * Relay: one relayed connection, in time and in bytes each way. Signalling needs ten kilobytes; the rest lets a tab
 * whose upgrade fails go on verifying over the relay.
 */
export const RELAYED_DURATION_MAX_MS = 600_000
export const RELAYED_MAX_BYTES = 32 * MIB
/** Relay: streams of the relay protocol on one connection. */
export const RELAY_STREAMS_MAX = 64
/** Relay: connections through us that one peer opens, in quick succession and per second. */
export const RELAY_DIALS_BURST_MAX = 32
export const RELAY_DIALS_PER_SECOND_MAX = 1
