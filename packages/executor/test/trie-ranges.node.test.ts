import { keccak256 } from '@cairn/crypto'
import { ZERO_HASH, bytesFromHex, height } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import type { SnapshotRange } from '@cairn/chain'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GenesisExecutor } from '../src/index.ts'
import { addressOf, buildBlock, signedTransaction, startExecutor, testAccount, testSpec } from './executor-fixture.ts'

const holder = `0x${'cc'.repeat(20)}` as Address
const word = (value: number): Hash => `0x${value.toString(16).padStart(64, '0')}` as Hash
const storage = Array.from({ length: 200 }, (_, slot) => ({ slot: word(slot), value: word(slot + 1) }))
const owner = keccak256(bytesFromHex(holder))

/** The whole trie, chunk by chunk, each proved against `root`. */
async function walk(
  executor: GenesisExecutor,
  root: Hash,
  owner: Hash | undefined,
  at?: number,
): Promise<SnapshotRange[]> {
  const chunks: SnapshotRange[] = []
  for (let start: Hash | undefined = ZERO_HASH; start !== undefined;) {
    const request = { owner, start, maxBytes: 1500 }
    const { hasMore, ...range } = await executor.trieRange(request, at === undefined ? undefined : height(at))
    expect(await executor.verifyTrieRange(root, start, range)).toBe(hasMore)
    chunks.push(range)
    start = hasMore ? following(range.items.at(-1)?.key as Hash) : undefined
  }
  return chunks
}

/** The next key. */
const following = (key: Hash): Hash => `0x${(BigInt(key) + 1n).toString(16).padStart(64, '0')}` as Hash

describe('trie ranges', () => {
  let executor: GenesisExecutor

  beforeAll(async () => {
    const alloc = [...testSpec().alloc, { address: holder, balance: 0n, nonce: 1, code: '0x00' as const, storage }]
    executor = await startExecutor({
      spec: testSpec({ alloc: alloc.sort((a, b) => (a.address < b.address ? -1 : 1)) }),
    })
  })

  it('walk accounts and a storage, proved chunk by chunk', async () => {
    const accounts = await walk(executor, executor.head().stateRoot, undefined)
    expect(accounts.length).toBeGreaterThan(1)
    expect(accounts.flatMap(({ items }) => items.map(({ key }) => key))).toContain(owner)
    const { storageRoot } = await executor.account(holder)
    const slots = (await walk(executor, storageRoot, owner)).flatMap(({ items }) => items)
    expect(slots.map(({ key }) => key)).toEqual(storage.map(({ slot }) => keccak256(bytesFromHex(slot))).sort())
  })

  it('do not hold when anything is changed', async () => {
    const { stateRoot } = executor.head()
    const start = word(7)
    const range = await executor.trieRange({ start, maxBytes: 1500 })
    const [first, ...rest] = range.items as readonly [
      SnapshotRange['items'][number],
      ...SnapshotRange['items'][number][],
    ]
    const changed: SnapshotRange[] = [
      { ...range, items: rest },
      { ...range, items: range.items.toSpliced(2, 1) },
      { ...range, items: [{ ...first, value: Uint8Array.of(1) }, ...rest] },
      { ...range, proof: [] },
      { ...range, proof: range.proof.toReversed() },
      { ...range, proof: [...range.proof, new Uint8Array(2000)] },
    ]
    for (const forged of changed) expect(await executor.verifyTrieRange(stateRoot, start, forged)).toBeUndefined()
    expect(await executor.verifyTrieRange(ZERO_HASH, start, range)).toBeUndefined()
    expect(await executor.verifyTrieRange(stateRoot, start, range)).toBe(true)
  })

  it('reach back as far as state is kept', async () => {
    const before = executor.head().stateRoot
    const transactions = [await signedTransaction({ from: 0, nonce: 0, to: addressOf(testAccount(90)) })]
    const parentHash = executor.head().blockHash
    const { built, request } = await buildBlock(executor, { parentHash, height: 1, transactions })
    await executor.adopt(built.buildId, request.blockHash)
    await executor.commit(request.blockHash)
    const old = (await walk(executor, before, undefined, 0)).flatMap(({ items }) => items)
    const now = (await walk(executor, executor.head().stateRoot, undefined)).flatMap(({ items }) => items)
    expect(now.length).toBeGreaterThan(old.length)
    await expect(executor.trieRange({ start: ZERO_HASH, maxBytes: 1 }, height(2))).rejects.toMatchObject({
      code: 'UNKNOWN_BLOCK',
    })
  })
})
