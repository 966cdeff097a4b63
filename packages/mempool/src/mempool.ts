/**
 * The pool of transactions that wait for a block. Pure: accounts come in with each call, nothing is read or timed.
 * Invariants: at most one transaction per sender and nonce; no nonce below the sender's account; bounded in
 * count, bytes and nonces per sender; what is executable now is never evicted for what is not.
 */
import { assert } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { MEMPOOL_LIMITS } from './limits.ts'
import type { MempoolLimits } from './limits.ts'
import { costMax, effectiveTip } from './pooled-transaction.ts'
import type { PooledTransaction } from './pooled-transaction.ts'
import { selectCandidates } from './selection.ts'
import type { CandidatesRequest } from './selection.ts'
import { SenderQueue } from './sender-queue.ts'
import type { SenderAccount } from './sender-queue.ts'
import { createTails, isWorthLess } from './tails.ts'
import type { Tail } from './tails.ts'

export type Admission =
  | { readonly accepted: true }
  /** `message` is geth's text, which client libraries match on. */
  | { readonly accepted: false; readonly code: RejectionCode; readonly message: string }

export type RejectionCode = keyof typeof REJECTIONS

/** What the pool must know of a committed block. */
export interface CommittedTransactions {
  readonly included: readonly Hash[]
  /** Accounts of the block's senders after it. */
  readonly accounts: ReadonlyMap<Address, SenderAccount | undefined>
  /** Wei per gas, of the block. */
  readonly baseFee: bigint
}

export interface Mempool {
  /** `account` is the sender's at the head. The transaction is decoded, its signature checked. */
  add(transaction: PooledTransaction, account: SenderAccount): Admission
  /** Best first; see `CandidatesRequest`. */
  candidates(request: CandidatesRequest): readonly Uint8Array[]
  /** Whether a block could now include some transaction for which `isWanted` holds. */
  hasExecutable(isWanted: (hash: Hash) => boolean): boolean
  /** Drops what the block contains, what it made stale, and what its senders can no longer pay. */
  onBlock(block: CommittedTransactions): void
  /** Drops one transaction; its successors wait. Unknown hashes are ignored. */
  remove(hash: Hash): void
  transaction(hash: Hash): PooledTransaction | undefined
  /** What the sender's next transaction needs after the executable ones here; `undefined`: ask the head. */
  nextNonce(sender: Address): bigint | undefined
  /** `pending`: executable now; `queued`: behind a nonce gap. */
  counts(): { readonly pending: number; readonly queued: number }
}

export interface MempoolOptions {
  /** Gas limit of a block. */
  readonly blockGasMax: bigint
  /** Wei per gas, of the head. */
  readonly baseFee: bigint
  readonly limits?: Partial<MempoolLimits>
}

const REJECTIONS = {
  ALREADY_KNOWN: 'already known',
  TRANSACTION_TYPE_UNSUPPORTED: 'transaction type not supported: no blob data availability',
  TRANSACTION_TOO_LARGE: 'oversized data',
  BLOCK_GAS_LIMIT_REACHED: 'exceeds block gas limit',
  TRANSACTION_UNDERPRICED: 'transaction underpriced',
  NONCE_TOO_LOW: 'nonce too low',
  NONCE_TOO_HIGH: 'nonce too high: too far ahead of the account',
  REPLACEMENT_UNDERPRICED: 'replacement transaction underpriced',
  INSUFFICIENT_FUNDS: 'insufficient funds for gas * price + value',
  POOL_FULL: 'txpool is full',
} as const

const ACCEPTED: Admission = { accepted: true }
const BLOB_TYPE = 3

/** @example const pool = createMempool({ blockGasMax: 36_000_000n, baseFee: 7n }); pool.add(transaction, account) */
export function createMempool(options: MempoolOptions): Mempool {
  const limits = { ...MEMPOOL_LIMITS, ...options.limits }
  const byHash = new Map<Hash, PooledTransaction>()
  const queues = new Map<Address, SenderQueue>()
  let sizeBytes = 0
  let baseFee = options.baseFee
  const tails = createTails(queues, () => baseFee)

  const insert = (transaction: PooledTransaction, queue: SenderQueue): void => {
    queue.insert(transaction)
    queues.set(transaction.sender, queue)
    byHash.set(transaction.hash, transaction)
    sizeBytes += transaction.raw.length
    tails.note(queue)
  }
  const forget = (transaction: PooledTransaction): void => {
    byHash.delete(transaction.hash)
    sizeBytes -= transaction.raw.length
  }
  const remove = (transaction: PooledTransaction): void => {
    const queue = queues.get(transaction.sender)
    assert(queue !== undefined, 'what is known by hash is in its queue')
    queue.remove(transaction)
    if (queue.transactions.length === 0) queues.delete(transaction.sender)
    else tails.note(queue)
    forget(transaction)
  }
  const update = (sender: Address, account: SenderAccount): void => {
    const queue = queues.get(sender)
    if (queue === undefined) return
    for (const dropped of queue.update(account)) forget(dropped)
    if (queue.transactions.length === 0) queues.delete(sender)
    else tails.note(queue)
  }
  const isFull = (extraBytes: number): boolean =>
    byHash.size >= limits.transactionsMax || sizeBytes + extraBytes > limits.sizeMaxBytes

  /** Evicts cheaper tails of other senders until `transaction` fits; `false`, and nothing changed, if that is not enough. */
  const makeRoom = (transaction: PooledTransaction, isExecutable: boolean): boolean => {
    const own: Tail = { transaction, isExecutable, tip: effectiveTip(transaction, baseFee) }
    const evicted: { readonly transaction: PooledTransaction; readonly queue: SenderQueue }[] = []
    while (isFull(transaction.raw.length)) {
      const cheapest = tails.cheapest(transaction.sender)
      const queue = cheapest && queues.get(cheapest.transaction.sender)
      if (cheapest === undefined || queue === undefined || !isWorthLess(cheapest, own)) {
        for (const one of evicted.toReversed()) insert(one.transaction, one.queue)
        return false
      }
      evicted.push({ transaction: cheapest.transaction, queue })
      remove(cheapest.transaction)
    }
    return true
  }

  const add = (transaction: PooledTransaction, account: SenderAccount): Admission => {
    if (byHash.has(transaction.hash)) return rejection('ALREADY_KNOWN')
    const fault = statelessFault(transaction, limits, options.blockGasMax)
    if (fault !== undefined) return rejection(fault)
    update(transaction.sender, account)
    const queue = queues.get(transaction.sender) ?? new SenderQueue(account)
    const replaced = queue.at(transaction.nonce)
    const stateFault = senderFault(transaction, queue, replaced, limits)
    if (stateFault !== undefined) return rejection(stateFault)
    if (replaced !== undefined) remove(replaced)
    const isExecutable = transaction.nonce <= queue.nextNonce
    if (isFull(transaction.raw.length) && !makeRoom(transaction, isExecutable)) {
      if (replaced !== undefined) insert(replaced, queue)
      return rejection('POOL_FULL')
    }
    insert(transaction, queue)
    return ACCEPTED
  }

  return {
    add,
    candidates: (request) => selectCandidates(queues, request),
    hasExecutable(isWanted) {
      for (const queue of queues.values()) {
        for (const transaction of queue.transactions.slice(0, queue.executableCount)) {
          if (effectiveTip(transaction, baseFee) < 0n) break
          if (isWanted(transaction.hash)) return true
        }
      }
      return false
    },
    onBlock(block) {
      baseFee = block.baseFee
      tails.reset()
      for (const [sender, account] of block.accounts) if (account !== undefined) update(sender, account)
      // The accounts have taken these already, unless one of them was not given.
      for (const hash of block.included) {
        const transaction = byHash.get(hash)
        if (transaction !== undefined) remove(transaction)
      }
    },
    remove(hash) {
      const transaction = byHash.get(hash)
      if (transaction !== undefined) remove(transaction)
    },
    transaction: (hash) => byHash.get(hash),
    nextNonce: (sender) => queues.get(sender)?.nextNonce,
    counts() {
      let pending = 0
      for (const queue of queues.values()) pending += queue.executableCount
      return { pending, queued: byHash.size - pending }
    },
  }
}

function statelessFault(
  transaction: PooledTransaction,
  limits: MempoolLimits,
  blockGasMax: bigint,
): RejectionCode | undefined {
  if (transaction.type === BLOB_TYPE) return 'TRANSACTION_TYPE_UNSUPPORTED'
  if (transaction.raw.length > limits.transactionSizeMaxBytes) return 'TRANSACTION_TOO_LARGE'
  if (transaction.gasLimit > blockGasMax) return 'BLOCK_GAS_LIMIT_REACHED'
  if (transaction.maxPriorityFeePerGas < limits.priorityFeeMin) return 'TRANSACTION_UNDERPRICED'
  return undefined
}

function senderFault(
  transaction: PooledTransaction,
  queue: SenderQueue,
  replaced: PooledTransaction | undefined,
  limits: MempoolLimits,
): RejectionCode | undefined {
  const { nonce, balance } = queue.account
  if (transaction.nonce < nonce) return 'NONCE_TOO_LOW'
  if (transaction.nonce >= nonce + BigInt(limits.senderNoncesMax)) return 'NONCE_TOO_HIGH'
  if (replaced !== undefined && !isRaised(replaced, transaction, limits.replacementRaisePercent)) {
    return 'REPLACEMENT_UNDERPRICED'
  }
  const others = replaced === undefined ? queue.costMax : queue.costMax - costMax(replaced)
  if (others + costMax(transaction) > balance) return 'INSUFFICIENT_FUNDS'
  return undefined
}

function isRaised(from: PooledTransaction, to: PooledTransaction, percent: bigint): boolean {
  const isEnough = (old: bigint, raised: bigint): boolean => raised * 100n >= old * (100n + percent)
  return isEnough(from.maxFeePerGas, to.maxFeePerGas) && isEnough(from.maxPriorityFeePerGas, to.maxPriorityFeePerGas)
}

function rejection(code: RejectionCode): Admission {
  return { accepted: false, code, message: REJECTIONS[code] }
}
