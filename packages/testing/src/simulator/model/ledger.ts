/**
 * The model's state machine: a few senders with nonces. It has what consensus, mempool and sync rely on: a root
 * that follows from parent root and payload alone, and payloads that are invalid on the wrong parent.
 *
 * payload     = salt (4) ‖ transaction (8) …
 * transaction = sender (1) ‖ nonce u32 ‖ tip (1) ‖ salt (2)
 */
import type { PooledTransaction } from '@cairn/mempool'
import { concatBytes } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { digestOf } from './digest.ts'

export const SENDERS = 4
const SALT_BYTES = 4
const TRANSACTION_BYTES = 8
const GAS = 21_000n
/** No sender is ever out of funds: balances are the executor's business, and tested there. */
const BALANCE = 10n ** 30n

const ADDRESSES = Array.from({ length: SENDERS }, (_, sender) => addressAt(sender))

/** State after a block: the next nonce of each sender. */
export type Ledger = readonly number[]

const GENESIS_LEDGER: Ledger = Array.from({ length: SENDERS }, () => 0)

/** Roots and what they stand for: a pure function of the root, so all nodes of a run share one. */
export interface Ledgers {
  at(root: Hash): Ledger
  /** Root after `payload` on `parentRoot`; `undefined`: some transaction is invalid there. */
  execute(parentRoot: Hash, payload: Uint8Array): Hash | undefined
}

export function createLedgers(genesisRoot: Hash): Ledgers {
  const byRoot = new Map<Hash, Ledger>([[genesisRoot, GENESIS_LEDGER]])
  const at = (root: Hash): Ledger => byRoot.get(root) ?? GENESIS_LEDGER
  return {
    at,
    execute(parentRoot, payload) {
      const root = digestOf(parentRoot, payload)
      if (byRoot.has(root)) return root
      const after = apply(at(parentRoot), payload)
      if (after === undefined) return undefined
      byRoot.set(root, after)
      return root
    },
  }
}

/** A payload that differs for each salt. */
export function payloadOf(salt: number, transactions: readonly Uint8Array[] = []): Uint8Array {
  const head = Uint8Array.of(salt >>> 24, salt >>> 16, salt >>> 8, salt)
  return transactions.length === 0 ? head : concatBytes(head, ...transactions)
}

/** Payloads and transactions are values that all nodes share: each is taken apart once. */
const transactionsByPayload = new WeakMap<Uint8Array, readonly Uint8Array[]>()
const pooledByRaw = new WeakMap<Uint8Array, PooledTransaction>()

/** Raw transactions of a well-formed payload. */
export function transactionsOf(payload: Uint8Array): readonly Uint8Array[] {
  const known = transactionsByPayload.get(payload)
  if (known !== undefined) return known
  const found: Uint8Array[] = []
  for (let offset = SALT_BYTES; offset + TRANSACTION_BYTES <= payload.length; offset += TRANSACTION_BYTES) {
    found.push(payload.subarray(offset, offset + TRANSACTION_BYTES))
  }
  transactionsByPayload.set(payload, found)
  return found
}

export function encodeTransaction(sender: number, nonce: number, tip: number, salt: number): Uint8Array {
  return Uint8Array.of(sender, nonce >>> 24, nonce >>> 16, nonce >>> 8, nonce, tip, salt >>> 8, salt)
}

export function pooledTransaction(raw: Uint8Array): PooledTransaction {
  const known = pooledByRaw.get(raw)
  if (known !== undefined) return known
  const pooled: PooledTransaction = {
    hash: digestOf(raw),
    type: 2,
    sender: addressOf(raw[0] ?? 0),
    nonce: BigInt(nonceOf(raw)),
    gasLimit: GAS,
    maxFeePerGas: 100n,
    maxPriorityFeePerGas: BigInt(1 + (raw[5] ?? 0)),
    value: 0n,
    raw,
  }
  pooledByRaw.set(raw, pooled)
  return pooled
}

export function accountAt(ledger: Ledger, raw: Uint8Array): { readonly nonce: bigint; readonly balance: bigint } {
  return { nonce: BigInt(ledger[raw[0] ?? 0] ?? 0), balance: BALANCE }
}

export function addressOf(sender: number): Address {
  return ADDRESSES[sender] ?? addressAt(sender)
}

function addressAt(sender: number): Address {
  return `0x${sender.toString(16).padStart(40, '0')}` as Address
}

function nonceOf(raw: Uint8Array): number {
  return new DataView(raw.buffer, raw.byteOffset).getUint32(1)
}

function apply(before: Ledger, payload: Uint8Array): Ledger | undefined {
  if (payload.length < SALT_BYTES || (payload.length - SALT_BYTES) % TRANSACTION_BYTES !== 0) return undefined
  const after = [...before]
  for (const raw of transactionsOf(payload)) {
    const sender = raw[0] ?? 0
    if (after[sender] !== nonceOf(raw)) return undefined
    after[sender] = nonceOf(raw) + 1
  }
  return after
}
