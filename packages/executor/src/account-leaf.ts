/** The account as the trie's leaf and the flat table hold it: RLP `[nonce, balance, storage root, code hash]`. */
import { EMPTY_TRIE_ROOT } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import type { AccountState } from '@cairn/ports'
import { bytesFromHex, decodeRlp, encodeRlp, rlpUint } from '@cairn/primitives'
import type { Decoded } from '@cairn/primitives'

export const EMPTY_CODE_HASH = keccak256(new Uint8Array(0))

/** What an address without an account reads as. */
export const ABSENT_ACCOUNT: AccountState = {
  nonce: 0n,
  balance: 0n,
  codeHash: EMPTY_CODE_HASH,
  storageRoot: EMPTY_TRIE_ROOT,
}

export function decodeAccountLeaf(value: Uint8Array): Decoded<AccountState> {
  return decodeRlp(value, value.length, (item) => {
    const fields = item.list()
    const account = {
      nonce: fields.bigint(8),
      balance: fields.bigint(),
      storageRoot: fields.hash(),
      codeHash: fields.hash(),
    }
    fields.end()
    return account
  })
}

export function encodeAccountLeaf({ nonce, balance, storageRoot, codeHash }: AccountState): Uint8Array {
  return encodeRlp([rlpUint(nonce), rlpUint(balance), bytesFromHex(storageRoot), bytesFromHex(codeHash)])
}
