/** @module Layer 2: transaction admission and ordering. Pure: no I/O, no clock. */
export { MEMPOOL_LIMITS } from './limits.ts'
export type { MempoolLimits } from './limits.ts'
export { createMempool } from './mempool.ts'
export type { Admission, CommittedTransactions, Mempool, MempoolOptions, RejectionCode } from './mempool.ts'
export type { PooledTransaction } from './pooled-transaction.ts'
export type { CandidatesRequest } from './selection.ts'
export type { SenderAccount } from './sender-queue.ts'
