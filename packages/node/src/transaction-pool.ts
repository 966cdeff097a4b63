/**
 * The mempool's shell: raw bytes in from RPC and gossip, decoded in batches by the executor, admitted against
 * the sender's account at the head, announced to peers; candidates out for a build; cleaned after each commit.
 */
import type { Block } from '@cairn/chain'
import { decodeExecutionHeader } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { Mempool } from '@cairn/mempool'
import type { CommittedExecution, Executor, Network, Timers } from '@cairn/ports'
import { type Hash, type Verdict, ACCEPT, assert, ignore, reject } from '@cairn/primitives'
import { createInFlight } from './in-flight.ts'
import { ADMISSION_BATCH_MAX, BUILD_CANDIDATES_MAX, SUBMISSIONS_WAITING_MAX } from './limits.ts'
import { createTransactionGossip, decodeTransactionBatch } from './transaction-gossip.ts'

type SubmitOutcome =
  | { readonly accepted: true; readonly hash: Hash }
  | {
      readonly accepted: false
      readonly code: string
      readonly message: string
      /** No state makes it valid: malformed, bad signature, wrong chain, … */
      readonly isInvalid?: boolean
    }

export interface TransactionPoolDeps {
  readonly mempool: Mempool
  readonly executor: Executor
  readonly network: Network
  readonly timers: Timers
  /** Called when `hasPending` may have changed. */
  readonly onChanged: () => void
  readonly onAdmitted: (hash: Hash) => void
}

export interface TransactionPool {
  /** From RPC. Never throws for bad input. */
  submit(raw: Uint8Array): Promise<SubmitOutcome>
  /** Whether some executable transaction is in no un-finalized block. */
  hasPending(): boolean
  /** Best first, for a child of `parentHash`. */
  candidates(
    parentHash: Hash,
    limits: { readonly sizeMaxBytes: number; readonly gasMax: bigint },
  ): readonly Uint8Array[]
  /** What a build could not include and never will. */
  drop(rejected: readonly { readonly hash: Hash; readonly code: string }[]): void
  /** A block was executed: its transactions are under way. */
  onExecuted(block: Block): void
  /** A block is final; resolves when the pool agrees with the new head. */
  onCommitted(block: Block, execution: CommittedExecution): Promise<void>
  stop(): void
}

interface Submission {
  readonly raw: Uint8Array
  readonly resolve: (outcome: SubmitOutcome) => void
}

export function createTransactionPool(deps: TransactionPoolDeps): TransactionPool {
  const { mempool, executor } = deps
  const gossip = createTransactionGossip(deps.network, deps.timers)
  const inFlight = createInFlight()
  const waiting: Submission[] = []
  let admitting = false

  const admitBatch = async (batch: readonly Submission[]): Promise<void> => {
    const decoded = await executor.decodeTransactions(batch.map(({ raw }) => raw))
    const senders = [...new Set(decoded.flatMap((one) => (one.valid ? [one.sender] : [])))]
    const accounts = await executor.accounts(senders)
    const accountOf = new Map(senders.map((sender, index) => [sender, accounts[index]]))
    for (const [index, { raw, resolve }] of batch.entries()) {
      const one = decoded[index]
      assert(one !== undefined, 'one answer for each transaction')
      if (!one.valid) {
        resolve({ accepted: false, code: one.code, message: one.message, isInvalid: true })
        continue
      }
      const account = accountOf.get(one.sender)
      assert(account !== undefined, 'the account of each sender was read')
      const admission = mempool.add({ ...one, raw }, account)
      if (admission.accepted) deps.onAdmitted(one.hash)
      resolve(admission.accepted ? { accepted: true, hash: one.hash } : admission)
    }
    deps.onChanged()
  }

  /** One batch at a time: what comes meanwhile makes the next one larger, which is how load is amortized. */
  const admit = async (): Promise<void> => {
    if (admitting) return
    admitting = true
    try {
      while (waiting.length > 0) {
        const batch = waiting.splice(0, ADMISSION_BATCH_MAX)
        try {
          await admitBatch(batch)
        } catch {
          for (const { resolve } of batch) resolve(refusal('NODE_STOPPING', 'the node cannot check transactions now'))
        }
      }
    } finally {
      admitting = false
    }
  }

  const enqueue = (raw: Uint8Array): Promise<SubmitOutcome> => {
    if (waiting.length >= SUBMISSIONS_WAITING_MAX) {
      return Promise.resolve(refusal('POOL_BUSY', 'too many transactions are waiting to be checked'))
    }
    const { promise, resolve } = Promise.withResolvers<SubmitOutcome>()
    waiting.push({ raw, resolve })
    void admit()
    return promise
  }

  deps.network.onTopic('transactions', async (data): Promise<Verdict> => {
    const batch = decodeTransactionBatch(data)
    if (!batch.ok) return reject(batch.code)
    const unknown = batch.value.filter((raw) => mempool.transaction(keccak256(raw)) === undefined)
    const outcomes = await Promise.all(unknown.map(enqueue))
    // A transaction that no state makes valid is the sender's fault; a stale or poor one may be nobody's.
    if (outcomes.some((outcome) => !outcome.accepted && outcome.isInvalid)) return reject('TRANSACTION_INVALID')
    return outcomes.some((outcome) => outcome.accepted) ? ACCEPT : ignore('TRANSACTIONS_KNOWN')
  })

  return {
    submit: async (raw) => {
      const outcome = await enqueue(raw)
      if (outcome.accepted) gossip.announce(raw)
      return outcome
    },
    hasPending: () => mempool.hasExecutable((hash) => !inFlight.has(hash)),
    candidates: (parentHash, limits) => {
      const exclude = inFlight.hashesUpTo(parentHash)
      return mempool.candidates({ ...limits, baseFee: headBaseFee(executor), countMax: BUILD_CANDIDATES_MAX, exclude })
    },
    drop: (rejected) => {
      // A nonce that is too low on an un-finalized parent may be right on another one; commits clear those.
      for (const { hash, code } of rejected) if (code !== 'NONCE_TOO_LOW') mempool.remove(hash)
    },
    onExecuted: (block) => inFlight.add(block),
    onCommitted: async (block, execution) => {
      const senders = [...new Set(execution.transactions.map(({ sender }) => sender))]
      const accounts = await executor.accounts(senders)
      mempool.onBlock({
        included: execution.transactions.map(({ hash }) => hash),
        accounts: new Map(senders.map((sender, index) => [sender, accounts[index]])),
        baseFee: headBaseFee(executor),
      })
      inFlight.dropUpTo(block.header.height)
      deps.onChanged()
    },
    stop: () => gossip.stop(),
  }
}

function refusal(code: string, message: string): SubmitOutcome {
  return { accepted: false, code, message }
}

/** Of the committed head; the next block's differs by at most an eighth, which ordering does not mind. */
export function headBaseFee(executor: Executor): bigint {
  const header = decodeExecutionHeader(executor.head().executionHeader)
  assert(header.ok, 'the executor hands out a well-formed header')
  return header.value.baseFeePerGas
}
