/**
 * Trie vectors through the core's two trie engines. Those under hashed keys (`secure`) go through TRIE_UPDATE, the
 * path-keyed trie of accounts and slots: all at once, one by one with their deletions, and in reverse where any order
 * is right. Those under free keys go through TRIE_ROOT, the trie of transactions and receipts. Next and previous key
 * are asked of RANGE_PROVE, whose items are the keys in order.
 */
import { keccak256 } from '@cairn/crypto'
import { AbiWriter, encodeRangeProve, operations, readChangeset, readRangeProve } from '@cairn/executor/abi'
import { CodedError, type Hash, bytesFromHex, hashFromBytes } from '@cairn/primitives'
import { EMPTY_ROOT, StateStore } from './core-host.ts'
import { type JsonObject, bytesOf, listOf, objectOf, textOf } from './fixture-value.ts'
import type { Failure, Tally } from './report.ts'

export function runTrieTest(name: string, test: JsonObject, isWanted: (id: string) => boolean, tally: Tally): void {
  if (!isWanted(name)) return
  if (test['tests'] !== undefined) tally.check(name, () => checkNeighbours(test))
  else tally.check(name, () => checkRoot(name.toLowerCase().includes('secure') ? rootOfHashed : rootOfFree, test))
}

/** The last update of a key counts. */
interface Update {
  readonly key: Uint8Array
  /** Undefined deletes. */
  readonly value: Uint8Array | undefined
}

type RootOf = (updates: readonly Update[]) => readonly string[]

/** A list is in order, an object is not. */
function checkRoot(rootOf: RootOf, test: JsonObject): Omit<Failure, 'test'> | undefined {
  const input = test['in']
  const expected = textOf(test['root'])
  const orders = Array.isArray(input) ? [listOf(input)] : bothOrders(Object.entries(objectOf(input)))
  for (const order of orders) {
    const actual = rootOf(order.map(updateOf)).find((root) => root !== expected)
    if (actual !== undefined) return { expected, actual }
  }
  return undefined
}

function bothOrders<T>(items: readonly T[]): readonly (readonly T[])[] {
  return [items, items.toReversed()]
}

function updateOf(item: unknown): Update {
  const [key, value] = listOf(item)
  return { key: bytesOfText(key), value: value === null ? undefined : bytesOfText(value) }
}

/** Hex with `0x`, else the text's own bytes. */
function bytesOfText(value: unknown): Uint8Array {
  const text = textOf(value)
  return text.startsWith('0x') ? bytesOf(text) : new Uint8Array(Buffer.from(text, 'latin1'))
}

function rootOfFree(updates: readonly Update[]): readonly string[] {
  const writer = new AbiWriter()
  writer.list(updates, ({ key, value }) => {
    writer.bytes(key).optional(value, (present) => writer.bytes(present))
  })
  const result = new StateStore().run(operations.trieRoot, writer.finish())
  if (result.status === 'invalid') throw new CodedError(result.code, result.message)
  const root = result.body.hash()
  result.body.end()
  return [root]
}

function rootOfHashed(updates: readonly Update[]): readonly string[] {
  const hashed = updates.map(({ key, value }) => ({ key: keccak256(key), value }))
  const last = new Map(hashed.map((update) => [update.key, update]))
  const store = new StateStore()
  let root = EMPTY_ROOT
  for (const update of hashed) root = updateTrie(store, root, [update])
  return [updateTrie(new StateStore(), EMPTY_ROOT, [...last.values()]), root]
}

interface HashedUpdate {
  readonly key: Hash
  readonly value: Uint8Array | undefined
}

function updateTrie(store: StateStore, root: string, updates: readonly HashedUpdate[]): string {
  const writer = new AbiWriter().raw(bytesFromHex(root))
  writer.list(updates, ({ key, value }) => {
    writer.fixed(key).optional(value, (present) => writer.bytes(present))
  })
  const result = store.run(operations.trieUpdate, writer.finish())
  if (result.status === 'invalid') throw new CodedError(result.code, result.message)
  const next = result.body.hash()
  store.write(readChangeset(result.body))
  result.body.end()
  return next
}

/** Keys are padded with zeros on the right, which keeps their order. */
function checkNeighbours(test: JsonObject): Omit<Failure, 'test'> | undefined {
  const names = new Map(listOf(test['in']).map((name) => [paddedKey(textOf(name)), textOf(name)]))
  const store = new StateStore()
  const value = Uint8Array.of(1)
  const updates = [...names.keys()].map((key) => ({ key, value }))
  const root = updateTrie(store, EMPTY_ROOT, updates)
  const nameOf = (key: Hash | undefined): string => (key === undefined ? '' : (names.get(key) ?? key))
  for (const item of listOf(test['tests'])) {
    const [key, previous, next] = listOf(item).map(textOf)
    const own = paddedKey(key ?? '')
    const inOrder = keysFrom(store, root, paddedKey(''))
    const before = inOrder.filter((other) => other < own).at(-1)
    const after = keysFrom(store, root, own).find((other) => other !== own)
    const actual = `${nameOf(before)} < ${key} < ${nameOf(after)}`
    const expected = `${previous} < ${key} < ${next}`
    if (actual !== expected) return { expected, actual }
  }
  return undefined
}

function paddedKey(name: string): Hash {
  const bytes = new Uint8Array(32)
  bytes.set(Buffer.from(name, 'latin1'))
  return hashFromBytes(bytes)
}

function keysFrom(store: StateStore, root: string, start: Hash): readonly Hash[] {
  const stateRoot = hashFromBytes(bytesFromHex(root))
  const request = { stateRoot, owner: undefined, start, maxItems: 1_000, maxBytes: 1 << 20 }
  const result = store.run(operations.rangeProve, encodeRangeProve(request))
  if (result.status === 'invalid') throw new CodedError(result.code, result.message)
  return readRangeProve(result.body).items.map(({ key }) => key)
}
