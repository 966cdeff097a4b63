/**
 * One sender's transactions, by nonce. The first `executableCount` follow the account's nonce without a gap;
 * the rest waits for what is missing.
 */
import { assert } from '@cairn/primitives'
import { costMax } from './pooled-transaction.ts'
import type { PooledTransaction } from './pooled-transaction.ts'

/** Nonce and balance of an account at the head. */
export interface SenderAccount {
  readonly nonce: bigint
  readonly balance: bigint
}

export class SenderQueue {
  #account: SenderAccount
  /** Ascending by nonce, each ≥ the account's. */
  #transactions: PooledTransaction[] = []
  #executableCount = 0
  #costMax = 0n

  constructor(account: SenderAccount) {
    this.#account = account
  }

  get account(): SenderAccount {
    return this.#account
  }

  get transactions(): readonly PooledTransaction[] {
    return this.#transactions
  }

  get executableCount(): number {
    return this.#executableCount
  }

  /** Sum over all transactions here, wei. */
  get costMax(): bigint {
    return this.#costMax
  }

  get last(): PooledTransaction | undefined {
    return this.#transactions.at(-1)
  }

  /** After the executable ones. */
  get nextNonce(): bigint {
    return this.#account.nonce + BigInt(this.#executableCount)
  }

  at(nonce: bigint): PooledTransaction | undefined {
    const found = this.#transactions[this.#indexOf(nonce)]
    return found?.nonce === nonce ? found : undefined
  }

  /** Its nonce is not taken and not below the account's. */
  insert(transaction: PooledTransaction): void {
    const index = this.#indexOf(transaction.nonce)
    assert(this.#transactions[index]?.nonce !== transaction.nonce, 'a nonce is taken once')
    this.#transactions.splice(index, 0, transaction)
    this.#costMax += costMax(transaction)
    this.#extend()
  }

  remove(transaction: PooledTransaction): void {
    const index = this.#indexOf(transaction.nonce)
    assert(this.#transactions[index] === transaction, 'only what is here is removed')
    this.#transactions.splice(index, 1)
    this.#costMax -= costMax(transaction)
    this.#executableCount = Math.min(this.#executableCount, index)
  }

  /**
   * Takes the account of a new head and drops what can no longer be executed: used nonces, and transactions
   * that the balance cannot pay even alone. An account older than the known one changes nothing.
   */
  update(account: SenderAccount): readonly PooledTransaction[] {
    const known = this.#account
    if (account.nonce < known.nonce) return []
    if (account.nonce === known.nonce && account.balance >= known.balance) {
      this.#account = account
      return []
    }
    const isDropped = (transaction: PooledTransaction): boolean =>
      transaction.nonce < account.nonce || costMax(transaction) > account.balance
    const dropped = this.#transactions.filter(isDropped)
    if (dropped.length > 0) this.#transactions = this.#transactions.filter((one) => !isDropped(one))
    for (const transaction of dropped) this.#costMax -= costMax(transaction)
    this.#account = account
    this.#executableCount = 0
    this.#extend()
    return dropped
  }

  #extend(): void {
    while (this.#transactions[this.#executableCount]?.nonce === this.nextNonce) this.#executableCount++
  }

  /** Least index with a nonce ≥ `nonce`. */
  #indexOf(nonce: bigint): number {
    let low = 0
    let high = this.#transactions.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#transactions[middle] as PooledTransaction).nonce < nonce) low = middle + 1
      else high = middle
    }
    return low
  }
}
