/** Transactions: handing them in and finding them again. */
import { bytesFromHex } from '@cairn/primitives'
import { defineMethod } from '../method.ts'
import type { RpcMethod } from '../method.ts'
import { dataParam, hashParam } from '../param-schema.ts'
import { pendingTransactionJson } from '../pending-transaction.ts'
import { quantity } from '../quantity.ts'
import { rejectionError } from '../rejection.ts'

export const transactionMethods: readonly RpcMethod[] = [
  defineMethod(
    'eth_sendRawTransaction',
    'Checks, admits and gossips a signed EIP-2718 transaction; its hash.',
    [dataParam],
    async ([raw], { backend }) => {
      const outcome = await backend.mempool.submit(bytesFromHex(raw))
      if (!outcome.accepted) throw rejectionError(outcome)
      return outcome.hash
    },
  ),
  defineMethod(
    'eth_getTransactionByHash',
    'A finalized or waiting transaction; null when unknown.',
    [hashParam],
    async ([hash], { backend, views }) => {
      const location = await backend.chain.transactionLocation(hash)
      const view = location === undefined ? undefined : await views.byHeight(location.height)
      const finalized = location === undefined ? undefined : view?.transaction(location.index)
      return finalized ?? pendingTransactionJson(hash, backend.mempool) ?? null
    },
  ),
  defineMethod(
    'eth_getTransactionReceipt',
    'Receipt of a finalized transaction; null before that.',
    [hashParam],
    async ([hash], { backend, views }) => {
      const location = await backend.chain.transactionLocation(hash)
      const view = location === undefined ? undefined : await views.byHeight(location.height)
      return (location === undefined ? undefined : view?.receipts()[location.index]) ?? null
    },
  ),
  defineMethod(
    'txpool_status',
    'Number of executable and of gapped transactions that wait here.',
    [],
    (_params, { backend }) => {
      const { pending, queued } = backend.mempool.counts()
      return { pending: quantity(pending), queued: quantity(queued) }
    },
  ),
]
