/** Every bound of the executor, with the reason for its size. Bytes and counts unless the name says otherwise. */

/** What one cached entry costs beyond its key and value: map slot and string header, measured on V8. */
export const STATE_CACHE_ENTRY_OVERHEAD_BYTES = 80
/** Values of the cache are packed into slabs of at most this size; a larger value has its own. */
export const STATE_CACHE_SLAB_MAX_BYTES = 1024 * 1024
/** What one entry of a decoded undo list costs beyond the list's bytes: map slot, string and array view. */
export const UNDO_ENTRY_OVERHEAD_BYTES = 280
/** The core's own bound on one request. */
export const CORE_REQUEST_MAX_BYTES = 64 * 1024 * 1024
/** One key of a NEED answer: the longest is a storage-trie path. */
export const STATE_KEY_MAX_BYTES = 128
/** Keys in one NEED answer (the core's own bound). */
export const NEED_KEYS_MAX = 100_000
/**
 * NEED rounds of one request whose keys nobody announced: a build or call that chases pointers through unloaded
 * slots costs a round each.
 */
export const NEED_ROUNDS_MAX = 4096
/**
 * NEED rounds of a block whose access list was loaded first. What is left is one round for codes and one per trie
 * level (at most 64 and a sibling, twice: accounts, then storage); more means that the list is incomplete.
 */
export const NEED_ROUNDS_WITH_ACCESS_LIST_MAX = 160
/** Upper trie levels loaded along each account of an access list, before the core asks. */
export const PREFETCH_ACCOUNT_LEVELS = 5
/** Upper levels of each storage trie with listed slots. */
export const PREFETCH_STORAGE_LEVELS = 3
/** Keys loaded ahead for one block; the rest comes by NEED. */
export const PREFETCH_KEYS_MAX = 50_000
/** Blocks executed on top of the committed head: views that wait for finality, with competing children. */
export const PENDING_BLOCKS_MAX = 256
/** Changesets, receipts and results of those blocks together. */
export const PENDING_MAX_BYTES = 256 * 1024 * 1024
/** Built payloads that wait for `adopt`; the oldest goes first. */
export const BUILDS_KEPT_MAX = 4
/** Candidates of one build: the format's index width is not the limit, the time is. */
export const BUILD_CANDIDATES_MAX = 20_000
/** Rebuilds when payload and access list together exceed the block size. */
export const BUILD_ATTEMPTS_MAX = 4
/** An honest proposer stops packing at this much measured execution time on its own machine. */
export const BUILD_TIME_BUDGET_MS = 150
/** Start value and lower bound of the gas budget, so that one slow sample cannot stop block production. */
export const BUILD_GAS_MIN = 3_000_000n
/** Samples below this gas say more about fixed costs than about gas. */
export const GAS_SAMPLE_MIN = 1_000_000n
/** Weight of the newest sample in the moving average. */
export const GAS_SAMPLE_WEIGHT = 0.2
/** Accounts in one APPLY call at genesis. */
export const GENESIS_SLICE_ACCOUNTS = 20_000
/** Storage slots in one APPLY call at genesis, beyond the account that crosses it. */
export const GENESIS_SLICE_SLOTS = 100_000
/** Records deleted in one batch when an unfinished genesis is cleared. */
export const CLEAR_BATCH_ENTRIES = 10_000
/** Blocks below the head whose state stays readable where the platform names nothing else: a tab's share. */
export const DEFAULT_HISTORY_BLOCKS = 128
/** Index rows of undo lists in memory: 4 bytes a changed key, so a window of busy blocks. */
export const HISTORY_INDEX_MAX_BYTES = 16 * 1024 * 1024
/** A larger window than this reads no further: one read looks through an index row per block, and a block waits behind it. */
export const HISTORY_REACH_BLOCKS_MAX = 8192
/** Newest heights of an archive that have undo lists too: most reads of the past go there, where they are synchronous. */
export const ARCHIVE_LIST_BLOCKS = 128
/** Reads of a past state under way together: each holds an iterator of the store meanwhile. */
export const FINDS_AT_ONCE = 64
/** Heights whose undo lists go in one batch when the window has shrunk. */
export const HISTORY_PRUNE_BATCH = 1024
/** Recovered senders kept, by the transaction's bytes. */
export const SENDER_CACHE_ENTRIES_MAX = 65_536
/** Larger transactions are not remembered: their recovery is small beside their execution. */
export const SENDER_CACHE_TRANSACTION_MAX_BYTES = 1024
/** Transactions in one decoding request, so that a block waits a few milliseconds behind it at most. */
export const DECODE_BATCH_MAX = 64
/** Slots in one proof. */
export const PROOF_SLOTS_MAX = 1024
/** Nodes in one branch of a proof: 64 nibbles and a root. */
export const PROOF_NODES_MAX = 65
/** One trie node in a proof: 16 hashes and a value with their prefixes, with room. */
export const PROOF_NODE_MAX_BYTES = 1024
/** Nodes and codes of one witness together; JSON doubles it. */
export const WITNESS_MAX_BYTES = 10 * 1024 * 1024
/** Keys and values of one range of a trie: a reply's soft cap. */
export const RANGE_MAX_BYTES = 2 * 1024 * 1024
/** Items of one range: the cap in bytes over the smallest item, a storage slot of one byte. */
export const RANGE_ITEMS_MAX = 65_536
/** Items of any list in an access list: a block's size is the bound before. */
export const ACCESS_LIST_ITEMS_MAX = 1_000_000
/** Nodes of a boundary proof: two branches, but for what they share. */
export const RANGE_PROOF_NODES_MAX = 2 * 65
/** An imported Ethereum block: EIP-7934 allows 8 MiB, older forks as much as their gas limit pays for. */
export const ETHEREUM_BLOCK_MAX_BYTES = 32 * 1024 * 1024
/** Yellow Paper 11.1. */
export const ETHEREUM_OMMERS_MAX = 2
/** Reads and calls that wait for the core; further ones are refused with `EXECUTOR_BUSY`. */
export const READS_QUEUED_MAX = 1024
/** Requests in flight between a client and its worker. */
export const WORKER_REQUESTS_MAX = 4096
