/** Limits of this package; `docs/LIMITS.md` lists them. */

/** Peers whose status is remembered; more are ignored until one goes. */
export const SYNC_PEERS_MAX = 256

/** Blocks asked for in one request, and given in one response where a certificate allows it. */
export const RANGE_BLOCKS = 64

/** Bytes given in one response where a certificate allows it; the codec's limits are the hard ones. */
export const RANGE_SIZE_BYTES = 1024 * 1024

/**
 * Verified ranges handed out but not applied yet: while one is applied the next ones are fetched. Memory is at most
 * this many responses, and one more that is on its way.
 */
export const RANGES_AHEAD_MAX = 2

/** First wait before a peer that failed is asked again; doubled by each failure in a row. */
export const BACKOFF_MS = 250

/** Longest such wait. */
export const BACKOFF_MAX_MS = 30_000

/** Failures in a row after which a peer's claim is forgotten: about eight seconds of silence. */
export const FAILURES_MAX = 5

/** Keys and values asked for in one snapshot chunk: large enough for the wire, small for a block that waits behind it. */
export const SNAPSHOT_CHUNK_BYTES = 128 * 1024

/** Equal parts of the key space that are fetched side by side, after the first chunk has shown that it is worth it. */
export const SNAPSHOT_SLICES = 16

/** Account chunks in work at once; each waits for its storages and codes. */
export const SNAPSHOT_BATCHES_MAX = 4

/** Requests under way in all; the network allows two a peer and protocol. */
export const SNAPSHOT_REQUESTS_MAX = 8
export const SNAPSHOT_REQUESTS_PER_PEER_MAX = 2

/** Without anything verified for so long, by peers that are silent, the snapshot is given up. */
export const SNAPSHOT_STALL_MS = 60_000

/** Pause before peers are asked for their heads again while a newer state is wanted. */
export const SNAPSHOT_STATUS_INTERVAL_MS = 500

/** All peers have said for so long that they do not have the state, and none shows a newer one: nobody is left to ask. */
export const SNAPSHOT_REFUSED_MS = 2_000

/** The same pause while nobody is left to ask: whoever refuses now may have a state later. */
export const SNAPSHOT_WAIT_INTERVAL_MS = 5_000

/** Starts from nothing after the restored state turned out wrong, before giving up. */
export const SNAPSHOT_RESTARTS_MAX = 2

/** Intervals in a progress record: slices, and the first chunk. */
export const SNAPSHOT_INTERVALS_MAX = 64
