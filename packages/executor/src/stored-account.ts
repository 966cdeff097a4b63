/** The account as the flat table holds it: the leaf of the account trie. */
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, decodeAccountLeaf } from '@cairn/chain'
import type { AccountState } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'

/** What an address without an account reads as. */
export const ABSENT_ACCOUNT: AccountState = {
  nonce: 0n,
  balance: 0n,
  codeHash: EMPTY_CODE_HASH,
  storageRoot: EMPTY_TRIE_ROOT,
}

/** `undefined`: nothing is stored. @throws CodedError `STATE_CORRUPT` */
export function decodeStoredAccount(value: Uint8Array | undefined): AccountState {
  if (value === undefined) return ABSENT_ACCOUNT
  const account = decodeAccountLeaf(value)
  if (!account.ok) throw new CodedError('STATE_CORRUPT', `a stored account does not decode: ${account.code}`)
  return account.value
}
