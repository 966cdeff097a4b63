/** Bounds on what one caller can make this node do. All are configurable; these are the defaults. */

export interface RpcLimits {
  /** Calls in one JSON-RPC batch. */
  readonly batchMax: number
  /** Calls of a batch that run at the same time. */
  readonly batchConcurrencyMax: number
  /** Bytes of one request body or WebSocket message. */
  readonly requestMaxBytes: number
  /** Characters of one serialized response; all of it is ASCII in practice. */
  readonly responseMaxChars: number
  /** Blocks that one `eth_getLogs` looks at. */
  readonly logBlocksMax: number
  /** Logs that one answer carries. */
  readonly logResultsMax: number
  /** Addresses, and values per topic position, of one log filter. */
  readonly logFilterValuesMax: number
  /** Gas of `eth_call` and `eth_estimateGas`; a larger wish is cut to it. */
  readonly callGasMax: bigint
  /** How long a caller waits for `eth_call` and `eth_estimateGas`. */
  readonly callTimeoutMs: number
  /** Calls and estimates in flight over all connections. */
  readonly callsInFlightMax: number
  /** `eth_getProof` in flight over all connections. */
  readonly proofsInFlightMax: number
  /** `debug_executionWitness` in flight over all connections: each executes a block. */
  readonly witnessesInFlightMax: number
  /** Storage keys of one `eth_getProof`. */
  readonly proofSlotsMax: number
  /** Subscriptions of one WebSocket connection. */
  readonly subscriptionsMax: number
  /** Requests of one WebSocket connection that are being answered. */
  readonly sessionRequestsMax: number
  /** Filters made by `eth_new*Filter`, over all callers: HTTP has no connection to bind them to. */
  readonly filtersMax: number
  /** A filter that nobody polls for this long is dropped. */
  readonly filterIdleMs: number
  /** Hashes that a pending-transaction filter keeps between two polls; the oldest go first. */
  readonly filterHashesMax: number
  /** Blocks of one `eth_feeHistory`. */
  readonly feeHistoryBlocksMax: number
  /** Percentiles of one `eth_feeHistory`. */
  readonly feeHistoryPercentilesMax: number
  /** Pieces of evidence in one `cairn_evidence` answer, but for the rest of the last block. */
  readonly evidenceMax: number
  /** Decoded blocks kept for the next reader. */
  readonly blockCacheMax: number
}

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  batchMax: 100,
  batchConcurrencyMax: 16,
  requestMaxBytes: 5 * 1024 * 1024,
  responseMaxChars: 25_000_000,
  logBlocksMax: 5_000,
  logResultsMax: 10_000,
  logFilterValuesMax: 1_000,
  callGasMax: 50_000_000n,
  callTimeoutMs: 5_000,
  callsInFlightMax: 256,
  proofsInFlightMax: 8,
  witnessesInFlightMax: 2,
  proofSlotsMax: 1_024,
  subscriptionsMax: 64,
  sessionRequestsMax: 256,
  filtersMax: 1_024,
  filterIdleMs: 5 * 60_000,
  filterHashesMax: 4_096,
  feeHistoryBlocksMax: 1_024,
  feeHistoryPercentilesMax: 100,
  evidenceMax: 100,
  blockCacheMax: 16,
}
