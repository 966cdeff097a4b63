/** Bounds of the HTTP and WebSocket listener; what one JSON-RPC call may do is bounded in `@cairn/rpc`. */

/** Open TCP connections, both protocols together. */
export const CONNECTIONS_MAX = 1_024

/** Headers and body of one request must have arrived by then. */
export const REQUEST_TIMEOUT_MS = 30_000

/** An oversized body up to this size is read and dropped, so that its sender gets the answer; above, the connection ends. */
export const OVERSIZED_BODY_DROP_MAX_BYTES = 64 * 1024 * 1024

/** An idle keep-alive connection is closed after this long: longer than a load balancer's usual 60 s. */
export const KEEP_ALIVE_MS = 72_000

/** Bytes waiting for a slow WebSocket reader, above one largest response; then the connection is dropped. */
export const SOCKET_BACKLOG_MAX_BYTES = 32 * 1024 * 1024

/** A WebSocket peer that answers no ping within this interval is dropped. */
export const SOCKET_PING_INTERVAL_MS = 30_000

/** A clean stop waits this long for answers under way. */
export const CLOSE_GRACE_MS = 2_000

/** Bytes of all files of one static site, which are kept in memory. */
export const STATIC_SITE_MAX_BYTES = 128 * 1024 * 1024

/** Label combinations of one metric; more are not recorded, since labels may come from outside. */
export const METRIC_SERIES_MAX = 512
