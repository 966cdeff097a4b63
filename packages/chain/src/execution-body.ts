/** The payload taken apart: RLP [header, [transaction, …], [] (no ommers), [withdrawal, …]], as in eth/68 blocks. */
import { keccak256 } from '@cairn/crypto'
import { decodeRlpList, failDecode } from '@cairn/primitives'
import type { Decoded, Hash, RlpReader } from '@cairn/primitives'
import { decodeExecutionHeader } from './execution-header.ts'
import type { ExecutionHeader } from './execution-header.ts'
import { BLOCK_DATA_MAX_BYTES, BLOCK_TRANSACTIONS_MAX, TRANSACTION_MAX_BYTES } from './limits.ts'

export interface ExecutionBody {
  readonly header: ExecutionHeader
  /** RLP of the header; its keccak256 is the execution block hash. */
  readonly headerBytes: Uint8Array
  /** Raw EIP-2718 transactions: a legacy one is its RLP list, a typed one type ‖ RLP. Not decoded further. */
  readonly transactions: readonly Uint8Array[]
  /** RLP of each EIP-4895 withdrawal. */
  readonly withdrawals: readonly Uint8Array[]
}

/** EIP-4895 withdrawals of one block, Ethereum's own bound. */
const WITHDRAWALS_MAX = 16

/** Canonical and bounded; that roots fit is `checkBlockData`'s. */
export function decodePayload(payload: Uint8Array): Decoded<ExecutionBody> {
  return decodeRlpList(payload, BLOCK_DATA_MAX_BYTES, (fields) => {
    const headerBytes = fields.raw().bytes
    const header = decodeExecutionHeader(headerBytes)
    if (!header.ok) failDecode(header.code)
    const transactions = fields.listOf(BLOCK_TRANSACTIONS_MAX, readTransaction)
    fields.list().end()
    const withdrawals = fields.listOf(WITHDRAWALS_MAX, readList)
    return { header: header.value, headerBytes, transactions, withdrawals }
  })
}

/** keccak256 of the raw EIP-2718 bytes. */
export function transactionHash(raw: Uint8Array): Hash {
  return keccak256(raw)
}

/** A block holds legacy transactions as lists and typed ones as byte strings. */
function readTransaction(items: RlpReader): Uint8Array {
  const isList = items.isNextList
  const bytes = isList ? items.raw().bytes : items.bytes(TRANSACTION_MAX_BYTES)
  if (bytes.length > TRANSACTION_MAX_BYTES) failDecode('DECODE_TOO_LARGE')
  // EIP-2718: types 0x01 to 0x7f; a byte string that starts like a list would be a second form of a legacy one.
  const type = bytes[0] ?? 0
  if (!isList && (type === 0 || type > 0x7f)) failDecode('DECODE_WRONG_KIND')
  return bytes
}

function readList(items: RlpReader): Uint8Array {
  const { isList, bytes } = items.raw()
  if (!isList) failDecode('DECODE_EXPECTED_LIST')
  return bytes
}
