/** Transactions travel in batches: a gossip message costs a receiver far more than a transaction does. */
import type { Network, Timers } from '@cairn/ports'
import { type Decoded, decodeRlp, encodeRlp, failDecode } from '@cairn/primitives'
import {
  GOSSIP_BATCH_DELAY_MS,
  GOSSIP_BATCH_ENCODED_MAX_BYTES,
  GOSSIP_BATCH_MAX_BYTES,
  GOSSIP_BATCH_MAX_COUNT,
  TRANSACTION_MAX_BYTES,
} from './limits.ts'

/** RLP list of raw EIP-2718 transactions, each as a byte string. */
export function encodeTransactionBatch(raw: readonly Uint8Array[]): Uint8Array {
  return encodeRlp([...raw])
}

/** 1 to `GOSSIP_BATCH_MAX_COUNT` transactions of at most `TRANSACTION_MAX_BYTES` each. */
export function decodeTransactionBatch(bytes: Uint8Array): Decoded<readonly Uint8Array[]> {
  return decodeRlp(bytes, GOSSIP_BATCH_ENCODED_MAX_BYTES, (item) => {
    const transactions = item.listOf(GOSSIP_BATCH_MAX_COUNT, (items) => items.bytes(TRANSACTION_MAX_BYTES))
    if (transactions.length === 0) failDecode('DECODE_EMPTY')
    return transactions
  })
}

export interface TransactionGossip {
  /** Sends soon, together with others. */
  announce(raw: Uint8Array): void
  stop(): void
}

export function createTransactionGossip(network: Network, timers: Timers): TransactionGossip {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let timer: { readonly cancel: () => void } | undefined
  const flush = (): void => {
    timer?.cancel()
    timer = undefined
    if (waiting.length === 0) return
    const batch = waiting
    waiting = []
    waitingBytes = 0
    // A batch that the network cannot take is a lost message: its transactions stay in this node's pool.
    network.publish('transactions', encodeTransactionBatch(batch)).catch(() => {})
  }
  return {
    announce: (raw) => {
      waiting.push(raw)
      waitingBytes += raw.length
      if (waitingBytes >= GOSSIP_BATCH_MAX_BYTES || waiting.length >= GOSSIP_BATCH_MAX_COUNT) flush()
      else timer ??= timers.after(GOSSIP_BATCH_DELAY_MS, flush)
    },
    stop: () => timer?.cancel(),
  }
}
