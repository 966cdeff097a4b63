/** Bounds of the mempool. A tab may pass lower ones. */

export interface MempoolLimits {
  /** Transactions in all; above it the cheapest tails make room. */
  readonly transactionsMax: number
  /** Raw bytes in all. */
  readonly sizeMaxBytes: number
  /** Raw bytes of one transaction. */
  readonly transactionSizeMaxBytes: number
  /** Nonces from the account's own on that one sender may occupy, gaps included: the cap per sender. */
  readonly senderNoncesMax: number
  /** Least priority fee per gas, wei. */
  readonly priorityFeeMin: bigint
  /** A replacement must raise both fees by this much, per cent. */
  readonly replacementRaisePercent: bigint
}

export const MEMPOOL_LIMITS: MempoolLimits = {
  /** Eight seconds of 2 000 transactions a second. */
  transactionsMax: 16_384,
  sizeMaxBytes: 64 * 1024 * 1024,
  /** As in geth. */
  transactionSizeMaxBytes: 128 * 1024,
  /** One busy sender may fill two seconds of a fast chain, and no more than a sixteenth of the pool. */
  senderNoncesMax: 1_024,
  /** As in geth: free transactions would be free spam. */
  priorityFeeMin: 1n,
  /** As in geth. */
  replacementRaisePercent: 10n,
}
