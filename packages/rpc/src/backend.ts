/**
 * What JSON-RPC needs of a node: the one seam between the method table and the rest. `@cairn/node`
 * implements it; tests have one in memory. Only finalized blocks are visible here, so `latest`, `safe`
 * and `finalized` name the same block and nothing is ever reorganized away.
 *
 * Invariants the implementation keeps: `chain.headHeight()` names a block whose payload, receipts and
 * outcomes are stored **and** whose state is what `state` reads; it never goes down; every height from
 * 0 (genesis: an empty body, no receipts) to the head is readable, unless pruned.
 */
import type { Certificate, ConsensusHeader, Evidence } from '@cairn/chain'
import type { Executor, PeerSummary, RequestProtocol, TransactionOutcome } from '@cairn/ports'
import type { Address, Epoch, Hash, Height, View } from '@cairn/primitives'

export interface RpcBackend {
  readonly chainId: number
  /** `web3_clientVersion`, for example `cairn/v0.1.0/linux-x64/node24.21.0`. */
  readonly clientVersion: string
  /** State of the head block, and of as many before it as the executor keeps: else `STATE_PRUNED`. */
  readonly state: Pick<Executor, 'account' | 'code' | 'storage' | 'call' | 'estimateGas' | 'proof' | 'witness'>
  readonly chain: RpcChain
  readonly mempool: RpcMempool
  readonly events: RpcEvents
  /**
   * What peers ask each other, over HTTP: request and answer are the bytes of the peer protocol, or a refusal's code.
   */
  answer(protocol: LightProtocol, request: Uint8Array): Promise<Uint8Array | { readonly refused: string }>
  /** A snapshot; cheap, asked for once a second by dashboards. */
  status(): RpcNodeStatus
  /** The active set, in its order. */
  validators(): readonly ValidatorStatus[]
}

/** The requests with which somebody who has no state comes to a proved answer. */
type LightProtocol = Extract<RequestProtocol, 'account-proof' | 'chain-status' | 'light-block'>

/** A finalized block with its results. */
export interface RpcBlock {
  readonly header: ConsensusHeader
  /** Consensus hash; `header.executionBlockHash` is the one Ethereum tools know. */
  readonly hash: Hash
  /** RLP `[header, transactions, ommers, withdrawals]`. */
  readonly payload: Uint8Array
  /** RLP, EIP-7928 form. */
  readonly accessList: Uint8Array
  /** RLP list of EIP-2718 receipts, as in `CommittedExecution`; the empty list in genesis. */
  readonly receipts: Uint8Array
  /** One per transaction of the payload, same order. */
  readonly transactions: readonly TransactionOutcome[]
}

/** Read side of the chain store. */
export interface RpcChain {
  headHeight(): Height
  blockByHeight(height: Height): Promise<RpcBlock | undefined>
  /** By `executionBlockHash`. */
  heightByExecutionHash(hash: Hash): Promise<Height | undefined>
  /** Where a finalized transaction is. */
  transactionLocation(hash: Hash): Promise<TransactionLocation | undefined>
  /** Heights that may hold a matching log; false positives are allowed, omissions are not. */
  logHeights(query: LogHeightsQuery): Promise<readonly Height[]>
  /** Finalization certificate of the block, or of a descendant of the same epoch that finalizes it. */
  certificateByHeight(height: Height): Promise<Certificate | undefined>
  /** What finalized blocks include, from `from` on in their order; whole blocks until there are `countMax` or more. */
  evidence(from: Height, countMax: number): Promise<readonly RpcEvidence[]>
}

/** Evidence of an offence in a finalized block. */
export interface RpcEvidence {
  readonly height: Height
  /** keccak256 of its encoding. */
  readonly hash: Hash
  readonly evidence: Evidence
  /** Who is proven guilty: index in the set of the evidence's epoch, and key where that set is known here. */
  readonly offenders: readonly { readonly index: number; readonly publicKey: Uint8Array | undefined }[]
}

export interface TransactionLocation {
  readonly height: Height
  /** Position in the block, from 0. */
  readonly index: number
}

export interface LogHeightsQuery {
  /** First and last height, both inclusive; `last` ≤ head. */
  readonly first: Height
  readonly last: Height
  /** Any of these emitters; empty: any address. */
  readonly addresses: readonly Address[]
  /** By position, any of these values; an empty list is a wildcard. At most four positions. */
  readonly topics: readonly (readonly Hash[])[]
  /** Stop after this many heights, ascending. */
  readonly heightsMax: number
}

export interface RpcMempool {
  /** Checks, admits and gossips one raw EIP-2718 transaction. Never throws for bad input. */
  submit(raw: Uint8Array): Promise<SubmitOutcome>
  /** The nonce that the sender's next transaction needs, after the executable ones waiting here. */
  nextNonce(sender: Address): Promise<bigint>
  /** A transaction that waits here. */
  transaction(hash: Hash): PendingTransaction | undefined
  /** `pending`: executable now; `queued`: behind a nonce gap. */
  counts(): { readonly pending: number; readonly queued: number }
}

export interface PendingTransaction {
  readonly raw: Uint8Array
  readonly sender: Address
}

/** `code` is one of the mempool's or the executor's reasons; `rejection.ts` maps it to a JSON-RPC error. */
export type SubmitOutcome =
  | { readonly accepted: true; readonly hash: Hash }
  | { readonly accepted: false; readonly code: string; readonly message: string }

export interface RpcEvents {
  /** Each new head once, ascending, after `chain.headHeight()` shows it. Returns the unsubscribe function. */
  onBlock(listener: (block: RpcBlock) => void): () => void
  /** Each transaction newly admitted to the mempool. Returns the unsubscribe function. */
  onPendingTransaction(listener: (hash: Hash) => void): () => void
}

/** Recent samples in milliseconds; zeros while `count` is 0. */
export interface LatencySummary {
  readonly count: number
  readonly p50: number
  readonly p99: number
}

/** A structural part of the node's own status, so that the node hands that over as it is. */
export interface RpcNodeStatus {
  readonly genesisHash: Hash
  readonly peerId: string
  /** Index in the active set; `undefined` when this node does not vote. */
  readonly validatorIndex: number | undefined
  /** R10: its vote log was lost, so this validator abstains for now. */
  readonly isAmnesiac: boolean
  readonly epoch: Epoch
  /** Current view, ahead of the head block's. */
  readonly view: View
  readonly height: Height
  /** Consensus hash of the head block. */
  readonly blockHash: Hash
  readonly stateRoot: Hash
  /** From a proposal to its finalization certificate, as seen here. */
  readonly finalityMs: LatencySummary
  /** From acceptance of a transaction by this node to its finalized receipt. */
  readonly transactionFinalityMs: LatencySummary
  readonly transactionCount: number
  readonly peers: readonly PeerSummary[]
  readonly syncing: boolean
  /** Best finalized height that peers proved, while `syncing`; absent when unknown. */
  readonly syncTargetHeight?: Height | undefined
}

export interface ValidatorStatus {
  readonly index: number
  /** BLS public key, compressed, 48 bytes. */
  readonly publicKey: Uint8Array
  readonly weight: bigint
  readonly feeRecipient: Address
  readonly peerId: string
}
