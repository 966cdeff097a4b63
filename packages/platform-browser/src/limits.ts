/** Bounds of the node in a tab; each says what it protects. */

/** What tabs of one origin tell each other changes with this: a page from before an update may still be open. */
export const TAB_WORDS_VERSION = 2
/** Snapshots to the page, milliseconds apart: rendering must not cost more than verifying. */
export const SNAPSHOT_INTERVAL_MS = 200
/** Verified blocks that a snapshot carries. */
export const BLOCKS_SHOWN_MAX = 20
/** Size of `network.json`, with a genesis allocation of some 100 000 accounts. */
export const NETWORK_DESCRIPTION_MAX_BYTES = 16 * 1024 * 1024
/** Addresses taken from `network.json`. */
export const BOOTSTRAP_ADDRESSES_MAX = 64
/** Size of `core.wasm`. */
export const CORE_MAX_BYTES = 32 * 1024 * 1024
/** Size of `light.wasm`. */
export const LIGHT_MAX_BYTES = 4 * 1024 * 1024
/** Peers asked for one proof before the look-up is refused. */
export const PROOF_PEERS_MAX = 4
/** Answers awaited for the block that a proof is of, milliseconds. */
export const PROOF_BLOCK_WAIT_MS = 3_000
/** Times that a proof is asked for again because the chain moved on meanwhile. */
export const PROOF_ATTEMPTS_MAX = 4
/** A proof request is given up after this long, milliseconds. */
export const PROOF_TIMEOUT_MS = 5_000
/** … and one to a server over HTTP after this long: a tab with state of its own then reads that. */
export const HTTP_PROOF_TIMEOUT_MS = 2_000
/** Servers have so long for a first answer, milliseconds, before peers are dialled: both at once would take the thread from each other. */
export const HEAD_START_MS = 600
/** A balance asked for before the node can read waits so long for it, milliseconds. */
export const START_PATIENCE_MS = 5_000
/** … and work that holds the thread up so long for a moment in which nobody waits for an answer. */
export const QUESTIONS_PATIENCE_MS = 600
/** Certificates remembered as accepted: those of the newest heads come again and again. */
export const ACCEPTED_CERTIFICATES_KEPT_MAX = 4
/** Servers taken from `network.json` that are asked over HTTP, and the length of one's address. */
export const RPC_URLS_MAX = 8
export const RPC_URL_LENGTH_MAX = 256
/** Storage use is looked up this often, milliseconds: the browser computes it anew each time. */
export const STORAGE_INTERVAL_MS = 5_000
/** Peers are asked for their height this often, milliseconds, beside what they gossip. */
export const STATUS_INTERVAL_MS = 2_000
/** Execution and verification times kept until their block is shown. */
export const TIMINGS_KEPT_MAX = 1_024
/** Wait for the lock before the page says that another tab has it, milliseconds. */
export const LOCK_PATIENCE_MS = 500
/** Progress is averaged over this, milliseconds. */
export const RATE_WINDOW_MS = 5_000
/** Fewer missing blocks than this are the normal life at the head, not a catch-up. */
export const SYNC_SHOWN_MIN_BLOCKS = 5
/** Progress is looked up this often, milliseconds. */
export const PROGRESS_INTERVAL_MS = 400
/** Peer connections open at once: more than a tab's peers; a leak shows here before the browser's own limit. */
export const RTC_CONNECTIONS_MAX = 128
/** Peer connections opened in quick succession: every peer at once after a network change, twice over … */
export const RTC_BURST_MAX = 120
/** … and then one in this time, milliseconds: closed ones count against the browser's limit until they are collected. */
export const RTC_REFILL_MS = 1_000
/** The wall clock is compared this often, milliseconds; … */
export const WAKE_CHECK_INTERVAL_MS = 1_000
/** … a gap beyond this is a sleep or a clock that was set: connections are probed and made anew. */
export const SLEEP_GAP_MS = 5_000
/** A finalization was heard of and its block is not here: peers are asked again after these, milliseconds. */
export const FINALIZED_NUDGES_MS: readonly number[] = [100, 300, 800]
/** Hashes of committed blocks kept, to tell whether a finalization is still missing its block. */
export const COMMITTED_HASHES_MAX = 64
/** A light tab asks for the newest head this often, milliseconds, … */
export const HEAD_INTERVAL_MS = 2_000
/** … this long after it has heard of a finalization, … */
export const HEAD_SOON_MS = 100
/** … and that long after the last time, at least: nobody reads heads faster, and each costs a stream, a proof and a rendering. */
export const HEAD_PAUSE_MS = 1_000
/** Chains whose databases stay in the browser, the one in use among them. */
export const CHAINS_KEPT_MAX = 2
/** Chains looked at when the oldest are deleted. */
export const CHAINS_LISTED_MAX = 256
/** After the browser took the storage away the node starts anew, at most once in this time, milliseconds. */
export const RESTART_INTERVAL_MS = 10_000
/** A validator's page stays this long when it is closed or frozen, milliseconds: 20 were too few for its last word, 120 enough. */
export const LAST_WORD_MS = 200
/** Iterations of PBKDF2-SHA256 for a new key (OWASP's figure), about half a second … */
export const KDF_ITERATIONS = 600_000
/** … and the most that a backup file may ask for: more would hang the tab. */
export const KDF_ITERATIONS_MAX = 10_000_000
/** Characters of a passphrase, at least. */
export const PASSPHRASE_MIN_CHARACTERS = 12
/** Characters of a backup file, at most; one has about 500. */
export const KEY_FILE_MAX_CHARACTERS = 4_096
/** Servers that a tab keeps connected; reservations on relays, blocks and proofs come from them. */
export const SERVERS_MAX = 8
/** … and a light tab, which asks little and believes none of them: one may lie while another is away. */
export const LIGHT_SERVERS_MAX = 3
/** Peers that a light tab keeps connected besides, found by itself: other tabs, or servers that `network.json` does not name. */
export const LIGHT_MESH_TARGET = 2
/** STUN and TURN servers taken from `network.json`, and the length of one's address. */
export const ICE_SERVERS_MAX = 4
export const ICE_SERVER_LENGTH_MAX = 256
/** A tab with blocks of its own goes on with them when no peer has said within this, milliseconds, where the chain is. */
export const NEED_PATIENCE_MS = 10_000
/**
 * Blocks, receipts and indices that a tab keeps, the same in every browser: well below what any browser gives an origin,
 * and with the state of a hundred thousand accounts and its undo lists still a fifth of a gigabyte.
 */
export const CHAIN_BUDGET_BYTES = 64 * 1024 * 1024
/** Offsets in a state log are four bytes; a state near this is no tab's. */
export const STATE_LOG_MAX_BYTES = 0xf000_0000
/** Less garbage than this is not worth copying a state log for; above it, when it is more than half of the file. */
export const STATE_LOG_GARBAGE_MIN_BYTES = 16 * 1024 * 1024
/** Read or written at once when a whole state log is gone through. */
export const STATE_LOG_READ_BYTES = 1024 * 1024
/** The file of a page that was just left is let go a moment later: asked for this long, this often, milliseconds. */
export const OPFS_PATIENCE_MS = 5_000
export const OPFS_RETRY_MS = 50
/** Undo lists that a tab stores: of large blocks fewer than 128 states stay readable, and are served to others. */
export const HISTORY_BUDGET_BYTES = 64 * 1024 * 1024
