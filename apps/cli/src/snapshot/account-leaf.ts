/** An account of a snapshot file, and where the next chunk begins. */
import { type AccountLeaf, type SnapshotRange, decodeAccountLeaf } from '@cairn/chain'
import { CodedError, type Hash } from '@cairn/primitives'
import { keyAfter } from '@cairn/sync'

/** @throws CodedError `SNAPSHOT_FILE_CORRUPT` */
export function decodeFileAccount(value: Uint8Array): AccountLeaf {
  const account = decodeAccountLeaf(value)
  if (!account.ok) throw new CodedError('SNAPSHOT_FILE_CORRUPT', 'an account does not decode')
  return account.value
}

/** `undefined` after no items, or the last key there is. */
export function keyAfterLast(items: SnapshotRange['items']): Hash | undefined {
  const last = items.at(-1)
  return last === undefined ? undefined : keyAfter(last.key)
}
