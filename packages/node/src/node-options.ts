/** What a node is made with: local choices, and the platform behind its ports. */
import type { Block, ChainSpec } from '@cairn/chain'
import type { Dissemination } from '@cairn/consensus'
import type { Bls } from '@cairn/crypto'
import type { AppendLog, Clock, Executor, KeyValueStore, Log, Metrics, Network, Random, Timers } from '@cairn/ports'
import type { Checkpoint } from './checkpoint.ts'

export interface NodeOptions {
  readonly chainSpec: ChainSpec
  /** Of the spec, computed by the executor. */
  readonly genesis: Block
  /** BLS secret key, 32 bytes; absent: the node follows and serves, and never votes. */
  readonly validatorKey?: Uint8Array
  /** Only a chain that goes through it is followed. */
  readonly checkpoint?: Checkpoint
  /** Absent: votes go to collectors in sets as large as consensus says. */
  readonly dissemination?: Dissemination
  readonly clientVersion: string
}

/** Outside of the log, and as lasting as the key: whether the log was ever used (R10). */
export interface VoteMarker {
  isSet(): Promise<boolean>
  /** Durable once resolved. Idempotent. */
  set(): Promise<void>
}

export interface NodeDeps {
  /** Started; stopped by its owner, after the node. */
  readonly executor: Executor
  /** Chain store and proposed blocks; closed by its owner. */
  readonly chainDatabase: KeyValueStore
  /** Write-ahead log; closed by its owner. */
  readonly wal: AppendLog
  readonly voteMarker: VoteMarker
  /** Not started: the node starts and stops it. */
  readonly network: Network
  readonly bls: Bls
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  /** The node cannot go on safely; the owner stops the process. */
  readonly onFatal: (error: unknown) => void
}
