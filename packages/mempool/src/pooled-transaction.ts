/** A transaction as the pool sees it: decoded elsewhere, kept raw. */
import type { Address, Hash } from '@cairn/primitives'

/** Stateless facts of a well-formed, correctly signed transaction, and its raw EIP-2718 bytes. */
export interface PooledTransaction {
  readonly hash: Hash
  readonly type: number
  readonly sender: Address
  readonly nonce: bigint
  readonly gasLimit: bigint
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxFeePerGas: bigint
  /** Wei per gas; the gas price of types 0 and 1. */
  readonly maxPriorityFeePerGas: bigint
  /** Wei. */
  readonly value: bigint
  readonly raw: Uint8Array
}

/** Most that the transaction can take from its sender's balance, wei. */
export function costMax(transaction: PooledTransaction): bigint {
  return transaction.gasLimit * transaction.maxFeePerGas + transaction.value
}

/** What a proposer earns per gas at `baseFee`, wei; negative when the transaction cannot be included at all. */
export function effectiveTip(transaction: PooledTransaction, baseFee: bigint): bigint {
  const above = transaction.maxFeePerGas - baseFee
  return above < transaction.maxPriorityFeePerGas ? above : transaction.maxPriorityFeePerGas
}
