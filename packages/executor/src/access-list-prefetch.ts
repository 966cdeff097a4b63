/**
 * State keys that a block's access list (EIP-7928 form) announces, to be loaded in one batch before execution.
 * A hint: what it leaves out comes by NEED, and whether the list is right is decided by executing the block.
 */
import { decodeRlp } from '@cairn/primitives'
import type { RlpReader } from '@cairn/primitives'
import { keccak256Bytes } from '@cairn/crypto'
import { PREFETCH_ACCOUNT_LEVELS, PREFETCH_KEYS_MAX, PREFETCH_STORAGE_LEVELS } from './limits.ts'
import { accountKey, accountTrieKey, slotKey, storageTrieKey } from './state-key.ts'

/** Untrusted bytes; a list that does not decode announces nothing. Duplicates are left to the reader of the keys. */
export function prefetchKeys(accessList: Uint8Array): readonly Uint8Array[] {
  const keys: Uint8Array[] = []
  decodeRlp(accessList, accessList.length, (item) => {
    item.listOf(PREFETCH_KEYS_MAX, (accounts) => {
      const account = accounts.list()
      const addressHash = keccak256Bytes(account.fixed(20))
      if (keys.length < PREFETCH_KEYS_MAX) pushAccount(keys, addressHash)
      account.listOf(PREFETCH_KEYS_MAX, (changes) => {
        const change = changes.list()
        pushSlot(keys, addressHash, change.bytes(32))
        change.list()
      })
      account.listOf(PREFETCH_KEYS_MAX, (reads) => pushSlot(keys, addressHash, reads.bytes(32)))
      skipRest(account)
    })
  })
  return keys
}

function pushAccount(keys: Uint8Array[], addressHash: Uint8Array): void {
  keys.push(accountKey(addressHash))
  for (let level = 0; level < PREFETCH_ACCOUNT_LEVELS; level++) keys.push(accountTrieKey(addressHash, level))
}

function pushSlot(keys: Uint8Array[], addressHash: Uint8Array, slot: Uint8Array): void {
  if (keys.length >= PREFETCH_KEYS_MAX) return
  const padded = new Uint8Array(32)
  padded.set(slot, 32 - slot.length)
  const slotHash = keccak256Bytes(padded)
  keys.push(slotKey(addressHash, slotHash))
  for (let level = 0; level < PREFETCH_STORAGE_LEVELS; level++) keys.push(storageTrieKey(addressHash, slotHash, level))
}

function skipRest(items: RlpReader): void {
  while (!items.isAtEnd) items.raw()
}
