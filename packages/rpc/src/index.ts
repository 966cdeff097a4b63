/** @module Layer 4: JSON-RPC without sockets. */
export type {
  LatencySummary,
  LogHeightsQuery,
  PendingTransaction,
  RpcBackend,
  RpcBlock,
  RpcChain,
  RpcEvents,
  RpcEvidence,
  RpcMempool,
  RpcNodeStatus,
  SubmitOutcome,
  TransactionLocation,
  ValidatorStatus,
} from './backend.ts'
export { DEFAULT_RPC_LIMITS } from './limits.ts'
export type { RpcLimits } from './limits.ts'
export { createRpc } from './rpc.ts'
export type { Rpc, RpcDeps, RpcSession } from './rpc.ts'
