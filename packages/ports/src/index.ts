/** @module Layer 3: interfaces only. Platforms implement them; the core never sees an implementation. */
export type {
  AccountProof,
  AccountState,
  BlockWitness,
  BuildRequest,
  BuiltPayload,
  CallOutcome,
  CallRequest,
  CommittedExecution,
  DecodedTransaction,
  ExecuteRequest,
  ExecutedBlock,
  Executor,
  StatelessOutcome,
  StatelessRequest,
  TransactionOutcome,
  TrieRangeRequest,
} from './executor.ts'
export type { AppendLog, BatchOperation, KeyRange, KeyValueStore } from './key-value-store.ts'
export type {
  Network,
  PeerId,
  PeerSummary,
  RequestHandler,
  RequestOptions,
  RequestProtocol,
  Topic,
  TopicHandler,
} from './network.ts'
export type { Log, LogFields, Metrics } from './observability.ts'
export type { RestorableState } from './state-restore.ts'
export type { SenderRecovery } from './sender-recovery.ts'
export type { Clock, Random, TimerHandle, Timers } from './time.ts'
