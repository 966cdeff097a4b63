/** Transactions and a second, slow pool to compare with. */
import { addressFromBytes, bytesFromUint64, hashFromBytes } from '@cairn/primitives'
import type { Address } from '@cairn/primitives'
import type { PooledTransaction, SenderAccount } from '../src/index.ts'

export const senderOf = (index: number): Address =>
  addressFromBytes(Uint8Array.from({ length: 20 }, (_, byte) => (index >> (8 * byte)) & 0xff))

let serial = 0

export interface Shape {
  readonly sender?: number
  readonly nonce?: number
  /** Both fees: the price of a type-0 transaction. */
  readonly price?: number
  readonly tip?: number
  readonly gas?: number
  readonly value?: bigint
  readonly sizeBytes?: number
  readonly type?: number
}

/** A transaction with a hash of its own each time. */
export function transactionOf(shape: Shape = {}): PooledTransaction {
  const { sender = 1, nonce = 0, price = 100, tip = price, gas = 21_000, sizeBytes = 110, value = 0n, type = 2 } = shape
  const hash = new Uint8Array(32)
  hash.set(bytesFromUint64(++serial))
  const raw = new Uint8Array(sizeBytes)
  raw.set(bytesFromUint64(serial).subarray(0, sizeBytes))
  return {
    hash: hashFromBytes(hash),
    type,
    sender: senderOf(sender),
    nonce: BigInt(nonce),
    gasLimit: BigInt(gas),
    maxFeePerGas: BigInt(price),
    maxPriorityFeePerGas: BigInt(tip),
    value,
    raw,
  }
}

export const RICH: SenderAccount = { nonce: 0n, balance: 10n ** 30n }
