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
