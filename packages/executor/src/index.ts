/** @module Layer 4: the EVM core behind the `Executor` port, in process or across a message port. */
export { computeGenesis } from './genesis.ts'
export type { ExecutedGenesis } from './genesis.ts'
export { createExecutor } from './local-executor.ts'
export type {
  ExecutorDependencies,
  ExecutorMemory,
  ExecutorOptions,
  GenesisExecutor,
} from './local-executor.ts'
export { decodeEnvelope } from './transaction-envelope.ts'
export type { TransactionEnvelope } from './transaction-envelope.ts'
export { createExecutorClient } from './worker/executor-client.ts'
export type { ExecutorMemoryBudget } from './memory-budget.ts'
export type { HistoryBlocks } from './undo-history.ts'
export type { ExecutorClient } from './worker/executor-client.ts'
export type { ExecutorPort } from './worker/executor-protocol.ts'
export { serveExecutor } from './worker/executor-server.ts'
