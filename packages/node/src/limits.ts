/** Bounds of the node; each says what it protects. */

/** Submissions waiting for decode and admission; more are refused, so a flood cannot grow the heap. */
export const SUBMISSIONS_WAITING_MAX = 8_192
/** Transactions decoded in one message to the executor: large enough to amortize it, small enough not to hold up a block. */
export const ADMISSION_BATCH_MAX = 128
/** A gossip batch leaves when it has this many bytes … */
export const GOSSIP_BATCH_MAX_BYTES = 65_536
/** … or is this old: a message costs each receiver about a millisecond, a transaction far less. */
export const GOSSIP_BATCH_DELAY_MS = 15
/** Transactions handed to one build. */
export const BUILD_CANDIDATES_MAX = 4_000
/**
 * Finalized blocks from sync that are stored by one write: what a durable write costs is shared by them, while the blocks
 * after them are executed. Twice as many are executed and not committed at most.
 */
export const COMMIT_GROUP_BLOCKS = 8
/** Payloads and access lists of such a group: what waits for a commit holds some hundred bytes of state for each. */
export const COMMIT_GROUP_BYTES = 262_144
/** Samples behind the latency quantiles. */
export const LATENCY_SAMPLES_MAX = 1_024
/** Accepted transactions whose time to finality is measured at once. */
export const LATENCY_TRACKED_MAX = 16_384
/** A repair request is given up after this long, milliseconds. */
export const REPAIR_TIMEOUT_MS = 2_000
/** Peers asked for one block before the fetch fails. */
export const REPAIR_PEERS_MAX = 4
/** Transactions in one gossip batch. */
export const GOSSIP_BATCH_MAX_COUNT = 512
/** Raw size of one transaction, as in geth's pool. */
export const TRANSACTION_MAX_BYTES = 131_072
/** One encoded batch: almost full, then the largest transaction, and four bytes of RLP framing for each and for all. */
export const GOSSIP_BATCH_ENCODED_MAX_BYTES =
  GOSSIP_BATCH_MAX_BYTES + TRANSACTION_MAX_BYTES + 4 * (GOSSIP_BATCH_MAX_COUNT + 1)
/** Payload bytes in one blocks-by-hash answer. */
export const BLOCKS_ANSWER_MAX_BYTES = 1_500_000
/** The write-ahead log is shortened this often, so that it stays below some hundred kilobytes. */
export const WAL_COMPACT_INTERVAL_BLOCKS = 500
/** A validator's last word gets this long to leave the machine, milliseconds. */
export const FAREWELL_MS = 100
/** A validator says which peer it is this often, for those who came since. Two hundred of them: three verifications a second. */
export const ANNOUNCE_INTERVAL_MS = 60_000
/** And when a peer comes, but not within this after the last time. */
export const ANNOUNCE_PAUSE_MS = 12_000
/** What is said to peers that came is said again, so often and so long after: within their time on probation, 10 s. */
export const ANNOUNCE_AGAIN_COUNT = 2
export const ANNOUNCE_AGAIN_MS = 3_000
/** Another one of the same validator is not verified before; less than the pause, since clocks and ways differ. */
export const ANNOUNCEMENTS_APART_MIN_MS = 8_000
/** An announcement may be of a view this far beyond the own one: its sender is ahead. As for votes. */
export const ANNOUNCEMENT_VIEWS_AHEAD_MAX = 32
/** A vote to a collector is given up after this; the rules have shown it to everybody long before. */
export const VOTE_TIMEOUT_MS = 2_000
/** A finalized range is up to a megabyte; a slow peer is given up after this long. */
export const RANGE_TIMEOUT_MS = 10_000
/** Peers remembered that have shown another chain than the checkpoint's; the oldest is forgotten first. */
export const CONTRADICTING_PEERS_MAX = 256
/** A status is some hundred bytes. */
export const STATUS_TIMEOUT_MS = 3_000
/** A light block with the largest sets is half a megabyte. */
export const LIGHT_BLOCK_TIMEOUT_MS = 5_000
/** Validator sets that a light client keeps: certificates of the epoch before arrive late. */
export const LIGHT_SETS_MAX = 3
/** A peer that has not said where it is is asked again after this. */
export const STATUS_RETRY_MS = 1_000
/** After a finalization was heard of, before the block is asked for. */
export const SYNC_NUDGE_DELAY_MS = 25
/** Validator sets whose keys stay decompressed: this epoch's, the last one's, and two that certificates may be of. */
export const EPOCH_KEYS_KEPT_MAX = 4
/** Validators of all sets in one epoch-ends answer: with 256 bytes each, half of a response. */
export const EPOCH_ENDS_VALIDATORS_MAX = 8_192
/** How far behind the head a state is served; one that asks later is told so and carries what it has forward. */
export const SNAPSHOT_SERVED_BLOCKS = 256
/** Soft cap of one snapshot answer. */
export const SNAPSHOT_REPLY_BYTES = 1_048_576
/** One snapshot request, whole. */
export const SNAPSHOT_TIMEOUT_MS = 10_000
/** Rounds through all peers for one piece of the epoch's headers before the snapshot is given up. */
export const SNAPSHOT_TRAIL_ROUNDS_MAX = 8
/** So many blocks behind a snapshot is the shorter way for who may choose: ten seconds of executing small blocks in a tab. */
export const SNAPSHOT_BEHIND_BLOCKS = 1_024
/** Reports of attacks on light clients verified at once; then one in each interval. A forged one costs some milliseconds, with the largest made-up set half a second. */
export const ATTACK_REPORTS_AT_ONCE_MAX = 4
export const ATTACK_REPORT_INTERVAL_MS = 5_000
/** Proved reports remembered, so that repetitions cost nothing. */
export const ATTACK_REPORTS_KNOWN_MAX = 64
/** A report is given up after this; other peers have it as well. */
export const ATTACK_REPORT_TIMEOUT_MS = 5_000
/** Peers of one light client that are told of an attack. */
export const ATTACK_REPORT_PEERS_MAX = 8
