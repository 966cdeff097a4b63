/** A transaction that waits in the mempool, as JSON: the block members are `null`. */
import type { Hash } from '@cairn/primitives'
import type { RpcMempool } from './backend.ts'
import { typedFieldsFromRaw } from './execution-rlp.ts'
import type { TransactionJson } from './transaction-json.ts'
import { transactionJson } from './transaction-json.ts'

/** `undefined`: it does not wait here (any more). */
export function pendingTransactionJson(
  hash: Hash,
  mempool: Pick<RpcMempool, 'transaction'>,
): TransactionJson | undefined {
  const pending = mempool.transaction(hash)
  if (pending === undefined) return undefined
  return transactionJson({
    typed: typedFieldsFromRaw(pending.raw),
    hash,
    sender: pending.sender,
    place: undefined,
  })
}
