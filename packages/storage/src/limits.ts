/** Limits of this package; `docs/LIMITS.md` lists them. */

/** Bytes of one write-ahead-log record: a proposal's vote or a certificate of some thousand validators fits. */
export const walRecordMaxBytes = 64 * 1024

/** Blocks kept decoded in memory: what RPC and catching-up peers ask for most. */
export const blockCacheMaxBlocks = 128

/** Payload and access list bytes of those blocks together. */
export const blockCacheMaxBytes = 32 * 1024 * 1024

/** Bytes of one block's stored receipts: 60 M gas of log data at 8 gas a byte, four times over. */
export const receiptsMaxBytes = 32 * 1024 * 1024

/** Transactions of one block in the outcome table: a transfer needs 21 000 gas and 100 bytes, either bounds it far lower. */
export const outcomesMax = 65_536

/** Logs of one transaction: the cheapest costs 375 gas. */
export const logsPerReceiptMax = 262_144

/** Index entries read at once for one address or topic while log heights are intersected. */
export const logIndexPageMax = 1024

/** An epoch state is written for every block whose height this divides, and at epoch ends: what a start has to fold. */
export const epochStateIntervalBlocks = 256

/** Validator sets kept in memory at the least: those whose certificates are still about. More: one per unbonding epoch. */
export const recentSetsMax = 4

/** One stored epoch state: at most every validator of the set is an offender. */
export const epochStateMaxBytes = 1024 * 64

/** Blocks that pruning leaves whatever the budget says: those whose states are served, and an epoch state to fold from. */
export const blocksKeptMin = 512

/** Blocks that go with one appended block: enough to come back under a budget that was lowered. */
export const blocksPrunedMax = 8

/** Headers of past epochs go every so many blocks, so many at once: twice as fast as they come. */
export const headersDroppedInterval = 32
export const headersDroppedMax = 64

/** Evidence kept for the next start while it waits for a block: verified again then, two signatures each, in half a second. */
export const evidenceKeptMax = 256
