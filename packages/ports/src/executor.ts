/**
 * The application behind consensus: a pure function of (parent state, block), with a small tree of
 * executed but uncommitted blocks on top of the committed state. Two implementations: the EVM core
 * (`@cairn/executor`) and, later, a user's own application.
 */
import type { SnapshotRange } from '@cairn/chain'
import type { Address, Hash, Height, Hex, Verdict } from '@cairn/primitives'

/** What the executor knows of a block it has executed or committed. */
export interface ExecutedBlock {
  /** Consensus hash: the key of the pending tree. */
  readonly blockHash: Hash
  readonly height: Height
  readonly executionBlockHash: Hash
  readonly stateRoot: Hash
  readonly accessListHash: Hash
  readonly gasUsed: bigint
  /** RLP of the Ethereum header. */
  readonly executionHeader: Uint8Array
}

/** One transaction's outcome inside a block, enough for receipts and indices. */
export interface TransactionOutcome {
  readonly hash: Hash
  readonly sender: Address
  readonly gasUsed: bigint
  readonly effectiveGasPrice: bigint
  /** `undefined` unless the transaction created a contract at top level. */
  readonly contractAddress: Address | undefined
}

/** What a commit hands to the chain store. */
export interface CommittedExecution extends ExecutedBlock {
  /** RLP list of EIP-2718 receipts. */
  readonly receipts: Uint8Array
  readonly transactions: readonly TransactionOutcome[]
}

export interface BuildRequest {
  /** Consensus hash of the parent: genesis, committed head, or a pending executed block. */
  readonly parentHash: Hash
  readonly timeMs: number
  readonly prevRandao: Hash
  readonly feeRecipient: Address
  /** Raw EIP-2718 transactions in the order to try them. */
  readonly transactions: readonly Uint8Array[]
  /** Pack no more than this many bytes of transactions. */
  readonly sizeMaxBytes: number
}

/** A payload ready for a proposal. Call `adopt` with the block's consensus hash to keep its execution. */
export interface BuiltPayload {
  /** Names the kept execution until `adopt`. */
  readonly buildId: number
  readonly payload: Uint8Array
  readonly accessList: Uint8Array
  readonly executionBlockHash: Hash
  readonly stateRoot: Hash
  readonly accessListHash: Hash
  readonly gasUsed: bigint
  readonly transactionCount: number
  /** Candidates that can never be included on this parent, with the core's reason code. */
  readonly rejected: readonly { readonly hash: Hash; readonly code: string }[]
}

export interface ExecuteRequest {
  readonly blockHash: Hash
  readonly parentHash: Hash
  readonly height: Height
  readonly timeMs: number
  readonly payload: Uint8Array
  readonly accessList: Uint8Array
  /** Expected of the consensus header; a difference is an invalid block. */
  readonly executionBlockHash: Hash
  readonly stateRoot: Hash
  readonly accessListHash: Hash
  readonly prevRandao: Hash
}

/** Account as of a committed block. Absent accounts read as zero nonce and balance. */
export interface AccountState {
  readonly nonce: bigint
  readonly balance: bigint
  readonly codeHash: Hash
  readonly storageRoot: Hash
}

export interface CallRequest {
  readonly from?: Address
  /** Absent: contract creation. */
  readonly to?: Address
  readonly gas?: bigint
  readonly gasPrice?: bigint
  readonly maxFeePerGas?: bigint
  readonly maxPriorityFeePerGas?: bigint
  readonly value?: bigint
  readonly data?: Hex
  readonly nonce?: bigint
  readonly accessList?: readonly { readonly address: Address; readonly storageKeys: readonly Hash[] }[]
}

export type CallOutcome =
  | { readonly status: 'success'; readonly output: Uint8Array; readonly gasUsed: bigint }
  | { readonly status: 'revert'; readonly output: Uint8Array; readonly gasUsed: bigint }
  /** `code`: out of gas, invalid opcode, insufficient funds, … */
  | { readonly status: 'halt'; readonly code: string; readonly message: string; readonly gasUsed: bigint }

/** EIP-1186. `value` of an absent slot is zero with its absence proof. */
export interface AccountProof {
  readonly address: Address
  readonly account: AccountState
  readonly accountProof: readonly Uint8Array[]
  readonly storageProof: readonly { readonly slot: Hash; readonly value: Hash; readonly proof: readonly Uint8Array[] }[]
}

/** What the execution of one block reads: with its parent's header, enough to execute it without a state. */
export interface BlockWitness {
  /** RLP of trie nodes, to be found by their hash from the parent's state root down. */
  readonly state: readonly Uint8Array[]
  readonly codes: readonly Uint8Array[]
  /** Least height whose header the block needs: the parent's, or a lower one where BLOCKHASH looked. */
  readonly oldestHeaderHeight: Height
}

/** `parentHeader` is the caller's to trust: an Ethereum header's RLP. */
export interface StatelessRequest {
  readonly parentHeader: Uint8Array
  /** RLP of the Ethereum block. */
  readonly payload: Uint8Array
  readonly witness: Pick<BlockWitness, 'state' | 'codes'>
}

/** Invalid: the block is bad, or (`WITNESS_INCOMPLETE`) the witness lacks something; it never gives another root. */
export type StatelessOutcome =
  | {
      readonly valid: true
      readonly executionBlockHash: Hash
      readonly stateRoot: Hash
      readonly gasUsed: bigint
      /** RLP list of EIP-2718 receipts. */
      readonly receipts: Uint8Array
    }
  | { readonly valid: false; readonly code: string; readonly message: string }

export interface TrieRangeRequest {
  /** Keccak of the address whose storage is asked for; absent: the account trie. */
  readonly owner?: Hash | undefined
  /** Least key wanted. */
  readonly start: Hash
  /** Bytes of keys and values after which the range ends; one item is given whatever it says. */
  readonly maxBytes: number
}

export interface Executor {
  /** Opens state, writes genesis if empty. @throws CodedError `STATE_CORRUPT`, `GENESIS_MISMATCH`, `CORE_HASH_MISMATCH` */
  start(): Promise<void>
  stop(): Promise<void>
  /** Last committed block (genesis at height 0). */
  head(): ExecutedBlock
  /** Builds on any executed block. @throws CodedError `UNKNOWN_PARENT` */
  build(request: BuildRequest): Promise<BuiltPayload>
  /** Puts a built execution into the pending tree under its consensus hash. */
  adopt(buildId: number, blockHash: Hash): Promise<void>
  /** Verifies and executes on any executed block; accepted ⇒ the block is in the pending tree. Idempotent. */
  execute(request: ExecuteRequest): Promise<Verdict>
  /** Whether the block is executed (pending or the committed head). */
  has(blockHash: Hash): boolean
  /**
   * Receipts and results of a pending executed block, read before `commit`: the chain store is written first,
   * so that a crash between the two leaves the state behind and never receipts missing.
   * @throws CodedError `UNKNOWN_BLOCK`
   */
  outcome(blockHash: Hash): Promise<CommittedExecution>
  /**
   * Writes the block's changeset and the new head in one batch and drops its siblings; the parent must be the committed
   * head. Idempotent for the head. After power loss the state may lag the chain store by whole blocks, never lead it.
   * @throws CodedError `UNKNOWN_BLOCK`, `COMMIT_OUT_OF_ORDER`
   */
  commit(blockHash: Hash): Promise<ExecutedBlock>
  /**
   * Reads take an optional earlier height `at`; without it they see the committed head.
   * @throws CodedError `STATE_PRUNED` below the kept history, `UNKNOWN_BLOCK` above the head
   */
  account(address: Address, at?: Height): Promise<AccountState>
  /** Many at once, same order: one message to a worker instead of one each. */
  accounts(addresses: readonly Address[], at?: Height): Promise<readonly AccountState[]>
  code(address: Address, at?: Height): Promise<Uint8Array>
  storage(address: Address, slot: Hash, at?: Height): Promise<Hash>
  /** By code hash, whatever account has it; `undefined` where it is unknown. */
  codes(hashes: readonly Hash[]): Promise<readonly (Uint8Array | undefined)[]>
  /** Runs in the block's own environment: its number, time and base fee. */
  call(request: CallRequest, options?: { readonly gasMax?: bigint; readonly at?: Height }): Promise<CallOutcome>
  /** Gas on success; else the failing outcome. */
  estimateGas(request: CallRequest, options?: { readonly at?: Height }): Promise<{ readonly gas: bigint } | CallOutcome>
  proof(address: Address, slots: readonly Hash[], at?: Height): Promise<AccountProof>
  /** Checks a proof from an untrusted source against `stateRoot`; `undefined` when it does not hold. */
  verifyProof(stateRoot: Hash, proof: AccountProof): Promise<AccountProof | undefined>
  /**
   * Executes a committed block again, on its parent's state. @param payload the block's, of that height
   * @throws CodedError `STATE_PRUNED` when the parent's state is no longer kept, `UNKNOWN_BLOCK` at genesis, above the
   * head, or for another chain's payload, `WITNESS_TOO_LARGE`
   */
  witness(payload: Uint8Array, height: Height): Promise<BlockWitness>
  /** Reads no state of this node. */
  executeStateless(request: StatelessRequest): Promise<StatelessOutcome>
  /** `hasMore`: the trie has keys after the last item. @throws CodedError as reads with `at` */
  trieRange(request: TrieRangeRequest, at?: Height): Promise<SnapshotRange & { readonly hasMore: boolean }>
  /**
   * Checks a range from an untrusted source against its trie's root: the state root, or the account's storage root.
   * Whether the trie has keys after it; `undefined` when it does not hold.
   */
  verifyTrieRange(root: Hash, start: Hash, range: SnapshotRange): Promise<boolean | undefined>
  /** Stateless decode and sender recovery. */
  decodeTransactions(raw: readonly Uint8Array[]): Promise<readonly DecodedTransaction[]>
}

/** Stateless view of a raw transaction; a failed check has its `code`. */
export type DecodedTransaction =
  | {
      readonly valid: true
      readonly hash: Hash
      readonly type: number
      readonly sender: Address
      readonly nonce: bigint
      readonly gasLimit: bigint
      /** gasPrice for types 0 and 1. */
      readonly maxFeePerGas: bigint
      readonly maxPriorityFeePerGas: bigint
      readonly value: bigint
      readonly to: Address | undefined
      readonly sizeBytes: number
      readonly blobCount: number
    }
  | { readonly valid: false; readonly code: string; readonly message: string }
