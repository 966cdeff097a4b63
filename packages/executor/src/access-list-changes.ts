/**
 * What a block changed, out of its access list (EIP-7928): per account the values after the block's last change.
 * The list is the block's own, bound to its header; accounts and slots that were only read are left out.
 */
import { CodedError, decodeRlp } from '@cairn/primitives'
import type { RlpReader } from '@cairn/primitives'
import { keccak256Bytes } from '@cairn/crypto'
import { ACCESS_LIST_ITEMS_MAX } from './limits.ts'

export interface AccountDifference {
  /** keccak256 of the address. */
  readonly owner: Uint8Array
  /** `undefined`: as before. */
  readonly balance: bigint | undefined
  readonly nonce: bigint | undefined
  readonly code: Uint8Array | undefined
  readonly slots: readonly { readonly key: Uint8Array; readonly value: bigint }[]
}

/** @throws CodedError `RESTORE_INVALID` when the list does not decode */
export function accessListChanges(accessList: Uint8Array): readonly AccountDifference[] {
  const decoded = decodeRlp(accessList, accessList.length, (item) => item.listOf(ACCESS_LIST_ITEMS_MAX, readAccount))
  if (!decoded.ok) throw new CodedError('RESTORE_INVALID', `an access list does not decode: ${decoded.code}`)
  return decoded.value.filter(
    ({ balance, nonce, code, slots }) =>
      balance !== undefined || nonce !== undefined || code !== undefined || slots.length > 0,
  )
}

/** `[address, [[slot, [[index, value], …]], …], [read slot, …], [[index, balance], …], nonces, codes]`. */
function readAccount(items: RlpReader): AccountDifference {
  const fields = items.list()
  const owner = keccak256Bytes(fields.fixed(20))
  const slots = fields.listOf(ACCESS_LIST_ITEMS_MAX, (changes) => {
    const change = changes.list()
    const slot = change.bytes(32)
    const value = lastOf(change, readWord)
    change.end()
    const padded = new Uint8Array(32)
    padded.set(slot, 32 - slot.length)
    return { key: keccak256Bytes(padded), value }
  })
  fields.listOf(ACCESS_LIST_ITEMS_MAX, (reads) => reads.bytes(32))
  const balance = lastOf(fields, readWord)
  const nonce = lastOf(fields, (entry) => entry.bigint(8))
  const code = lastOf(fields, (entry) => entry.bytes(CODE_MAX_BYTES).slice())
  fields.end()
  const changed = slots.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }]))
  return { owner, balance, nonce, code, slots: changed }
}

/** EIP-7907 and its predecessors stay far below. */
const CODE_MAX_BYTES = 1024 * 1024

/** An integer, in shortest form or in full length. */
function readWord(entry: RlpReader): bigint {
  let value = 0n
  for (const byte of entry.bytes(32)) value = (value << 8n) | BigInt(byte)
  return value
}

/** The value with the highest index; the list is in that order. */
function lastOf<T>(fields: RlpReader, read: (entry: RlpReader) => T): T | undefined {
  const values = fields.listOf(ACCESS_LIST_ITEMS_MAX, (entries) => {
    const entry = entries.list()
    entry.uint()
    const value = read(entry)
    entry.end()
    return value
  })
  return values.at(-1)
}
