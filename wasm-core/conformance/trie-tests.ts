/**
 * Trie vectors. The core's tries are keyed by keccak256 of an address or slot and hold accounts or integers, so through
 * APPLY go the vectors whose keys are addresses and whose values are accounts (`hex_encoded_securetrie_test`). The
 * others (free keys and values, keys that are prefixes of each other, next/previous key) need an operation over raw
 * keys, which `ABI.md` does not have: they are counted as not run, and named in README.md.
 */
import { AbiWriter, accountKey, addressHashOf } from '@cairn/executor/abi'
import { type Address, bytesFromHex, decodeRlp, encodeRlp, rlpUint } from '@cairn/primitives'
import { EMPTY_ROOT, StateStore } from './core-host.ts'
import { type JsonObject, bytesOf, objectOf, textOf } from './fixture-value.ts'
import type { Failure, Tally } from './report.ts'

export function runTrieTest(name: string, test: JsonObject, isWanted: (id: string) => boolean, tally: Tally): void {
  if (!isWanted(name)) return
  const accounts = accountsOf(test['in'])
  if (accounts === undefined) tally.cannotReach('no operation over raw trie keys in the ABI')
  else tally.check(name, () => checkAccounts(accounts, textOf(test['root'])))
}

interface Account {
  readonly address: Address
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageRoot: Uint8Array
  readonly codeHash: Uint8Array
}

/** `undefined` where a key is no address or a value no account. */
function accountsOf(input: unknown): readonly Account[] | undefined {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return undefined
  const accounts: Account[] = []
  for (const [address, value] of Object.entries(objectOf(input))) {
    if (!/^0x[0-9a-f]{40}$/.test(address) || typeof value !== 'string' || !value.startsWith('0x')) return undefined
    const leaf = bytesOf(value)
    const decoded = decodeRlp(leaf, leaf.length, (item) => {
      const fields = item.list()
      const nonce = fields.bigint(8)
      const balance = fields.bigint()
      const account = {
        address: address as Address,
        nonce,
        balance,
        storageRoot: fields.fixed(32),
        codeHash: fields.fixed(32),
      }
      fields.end()
      return account
    })
    if (!decoded.ok) return undefined
    accounts.push(decoded.value)
  }
  return accounts
}

/**
 * APPLY takes nonce and balance, but no storage root or code hash. So the host's flat table shows each account with its
 * storage root and code hash and another nonce, over an empty trie, and the update sets the nonce: the core must keep
 * the rest and insert the whole leaf. Once all at once and once one by one.
 */
function checkAccounts(accounts: readonly Account[], expected: string): Omit<Failure, 'test'> | undefined {
  const atOnce = insert(new StateStore(), EMPTY_ROOT, accounts)
  if (atOnce !== expected) return { expected, actual: `${atOnce} (all at once)` }
  const store = new StateStore()
  let root = EMPTY_ROOT
  for (const account of accounts) root = insert(store, root, [account])
  return root === expected ? undefined : { expected, actual: `${root} (one by one)` }
}

function insert(store: StateStore, root: string, accounts: readonly Account[]): string {
  const writer = new AbiWriter().raw(bytesFromHex(root))
  for (const account of accounts) {
    const { address, nonce, balance, storageRoot, codeHash } = account
    const leaf = encodeRlp([rlpUint(nonce + 1n), rlpUint(balance), storageRoot, codeHash])
    store.put(accountKey(addressHashOf(address)), leaf)
  }
  writer.list(accounts, ({ address, nonce }) => {
    writer.fixed(address).u8(1).u8(1).u64(nonce).u8(0).u8(0).u32(0)
  })
  return store.apply(writer.finish())
}
