import { ZERO_HASH, hexFromBytes, height } from '@cairn/primitives'
import type { Address, Hash, Height, Hex } from '@cairn/primitives'
import type { KeyValueStore } from '@cairn/ports'
import { createMemoryMedium, createMemoryStore } from '@cairn/storage'
import { describe, expect, it } from 'vitest'
import type { GenesisExecutor } from '../src/index.ts'
import { ARCHIVE_LIST_BLOCKS } from '../src/limits.ts'
import {
  addressOf,
  buildBlock,
  signedTransaction,
  startExecutor,
  testAccount,
  testSpec,
  withoutSync,
} from './executor-fixture.ts'
import type { TestExecutorOptions } from './executor-fixture.ts'

/** Adds 1 to slot calldataload(0), then returns the value. */
const counterCode = '0x5f35805460010180915560005260206000f3'
const counter = `0x${'cc'.repeat(20)}` as Address
/** Deployed code `NUMBER`, returned as a word: 43 5f 52 60 20 5f f3. */
const numberInit: Hex = '0x66435f5260205ff35f5260076019f3'

const spec = testSpec({
  alloc: [
    ...testSpec().alloc,
    {
      address: counter,
      balance: 0n,
      nonce: 1,
      code: counterCode,
      storage: [{ slot: word(1), value: word(7) }],
    },
  ],
})

function word(value: number): Hash {
  return `0x${value.toString(16).padStart(64, '0')}` as Hash
}

/** What a height looked like while it was the head. */
interface Seen {
  readonly at: Height
  readonly stateRoot: Hash
  readonly balances: readonly bigint[]
  readonly slot: Hash
  readonly fresh: Hash
  readonly counted: Hex
}

const watched: readonly Address[] = [
  addressOf(testAccount(0)),
  addressOf(testAccount(1)),
  counter,
  // First paid in block 3.
  `0x${'03'.repeat(20)}` as Address,
]

async function look(executor: GenesisExecutor, at?: Height): Promise<Seen> {
  const call = await executor.call({ to: counter, data: word(1) }, at === undefined ? {} : { at })
  const seenAt = at ?? executor.head().height
  return {
    at: seenAt,
    stateRoot: executor.head().height === seenAt ? executor.head().stateRoot : ZERO_HASH,
    balances: (await executor.accounts(watched, at)).map(({ balance }) => balance),
    slot: await executor.storage(counter, word(1), at),
    fresh: await executor.storage(counter, word(1000 + 4), at),
    counted: call.status === 'success' ? hexFromBytes(call.output) : '0x',
  }
}

/** Block n pays account 0x0n…, counts slot 1, and writes slot 1000 + n for the first time. */
async function mine(executor: GenesisExecutor, count: number): Promise<Seen[]> {
  const seen: Seen[] = []
  for (let done = 0; done < count; done++) {
    const head = executor.head()
    const next = head.height + 1
    const nonce = Number((await executor.account(addressOf(testAccount(0)))).nonce)
    const to = `0x${next.toString(16).padStart(2, '0').repeat(20)}` as Address
    const transactions = [
      await signedTransaction({ from: 0, nonce, to, value: BigInt(next) }),
      await signedTransaction({
        from: 1,
        nonce,
        to: counter,
        value: 0n,
        gas: 100_000n,
        data: word(1),
      }),
      await signedTransaction({
        from: 2,
        nonce,
        to: counter,
        value: 0n,
        gas: 100_000n,
        data: word(1000 + next),
      }),
    ]
    const { built, request } = await buildBlock(executor, {
      parentHash: head.blockHash,
      height: next,
      transactions,
    })
    expect(built.transactionCount).toBe(3)
    await executor.adopt(built.buildId, request.blockHash)
    await executor.commit(request.blockHash)
    seen.push(await look(executor))
  }
  return seen
}

const keep = (store: KeyValueStore): KeyValueStore => ({ ...store, close: async () => {} })

const platforms: readonly [string, (store: KeyValueStore) => KeyValueStore][] = [
  ['synchronous', (store) => store],
  ['asynchronous', withoutSync],
]

describe.each(platforms)('older states over %s reads', (_name, platform) => {
  const start = (options: Partial<TestExecutorOptions['executor']> = {}, store = createMemoryStore()) =>
    startExecutor({ spec, store: platform(store), executor: options })

  it('answers as each height did while it was the head, with proofs against its root', async () => {
    const executor = await start({ historyBlocks: 'all' })
    const seen = [await look(executor), ...(await mine(executor, 12))]
    for (const { stateRoot, ...then } of seen) {
      expect(await look(executor, then.at)).toMatchObject(then)
      for (const address of watched) {
        const proof = await executor.proof(address, [word(1), word(1004)], then.at)
        expect(await executor.verifyProof(stateRoot, proof)).toEqual(proof)
      }
    }
    expect(seen[3]?.balances[3]).toBe(3n)
    expect(seen[2]?.balances[3]).toBe(0n)
    expect(seen[3]?.fresh).toBe(ZERO_HASH)
    expect(seen[4]?.fresh).toBe(word(1))
  })

  it('answers as an archive as far back as it goes, with proofs, after a restart too', async () => {
    const medium = createMemoryMedium()
    const store = keep(createMemoryStore(medium))
    let executor = await start({ historyBlocks: 'all' }, store)
    const seen = [await look(executor), ...(await mine(executor, 6))]
    await mineEmpty(executor, ARCHIVE_LIST_BLOCKS)
    seen.push(...(await mine(executor, 3)))
    for (let restart = 0; restart < 2; restart++) {
      expect(undoRows(medium)).toBe(2 * ARCHIVE_LIST_BLOCKS)
      for (const { stateRoot, ...then } of seen) {
        expect(await look(executor, then.at)).toMatchObject(then)
        const proof = await executor.proof(counter, [word(1), word(1004)], then.at)
        expect(await executor.verifyProof(stateRoot, proof)).toEqual(proof)
      }
      await executor.stop()
      executor = await start({ historyBlocks: 'all' }, store)
    }
    // A window deletes the archive; an archive begun again goes back as far as the window did.
    await executor.stop()
    executor = await start({ historyBlocks: 20 }, store)
    expect([...medium.values.keys()].filter((key) => key > '\0\x06' && key < '\x01')).toEqual([])
    await executor.stop()
    executor = await start({ historyBlocks: 'all' }, store)
    await mineEmpty(executor, ARCHIVE_LIST_BLOCKS)
    const oldest = 6 + ARCHIVE_LIST_BLOCKS + 3 - 20
    await expect(look(executor, height(oldest))).resolves.toMatchObject({ slot: seen[6]?.slot })
    await expect(look(executor, height(oldest - 1))).rejects.toMatchObject({
      code: 'STATE_PRUNED',
    })
  })

  it('runs a call in the environment of its block, with code that exists later only where it exists', async () => {
    const executor = await start()
    await mine(executor, 2)
    const { built, request } = await buildBlock(executor, {
      parentHash: executor.head().blockHash,
      height: 3,
      transactions: [await signedTransaction({ from: 5, nonce: 0, data: numberInit, gas: 200_000n, value: 0n })],
    })
    await executor.adopt(built.buildId, request.blockHash)
    const { transactions } = await executor.outcome(request.blockHash)
    await executor.commit(request.blockHash)
    const to = transactions[0]?.contractAddress as Address
    await mineEmpty(executor, 2)
    const numberAt = async (at: number): Promise<string> => {
      const outcome = await executor.call({ to }, { at: height(at) })
      return outcome.status === 'success' ? hexFromBytes(outcome.output) : outcome.status
    }
    expect(await numberAt(2)).toBe('0x')
    expect(await numberAt(3)).toBe(word(3))
    expect(await numberAt(4)).toBe(word(4))
    expect((await executor.code(to, height(2))).length).toBe(0)
    expect((await executor.code(to, height(4))).length).toBe(7)
    const transfer = {
      from: addressOf(testAccount(0)),
      to: addressOf(testAccount(1)),
      value: 10n ** 21n - 1n,
    }
    expect(await executor.estimateGas(transfer, { at: height(0) })).toEqual({ gas: 21_000n })
    expect(await executor.estimateGas(transfer)).toMatchObject({ code: 'INSUFFICIENT_FUNDS' })
  })

  it('keeps the window and nothing below it', async () => {
    const medium = createMemoryMedium()
    const executor = await start({ historyBlocks: 3 }, createMemoryStore(medium))
    const seen = await mine(executor, 8)
    await expect(executor.account(counter, height(4))).rejects.toMatchObject({
      code: 'STATE_PRUNED',
      data: { oldestHeight: 5 },
    })
    await expect(executor.proof(counter, [], height(0))).rejects.toMatchObject({
      code: 'STATE_PRUNED',
    })
    await expect(executor.call({ to: counter }, { at: height(9) })).rejects.toMatchObject({
      code: 'UNKNOWN_BLOCK',
    })
    expect(await look(executor, height(5))).toMatchObject({
      slot: seen[4]?.slot,
      counted: seen[4]?.counted,
    })
    expect(undoRows(medium)).toBe(6)
  })

  it('keeps fewer heights where their lists are larger than the bound, also after a restart', async () => {
    const medium = createMemoryMedium()
    const store = keep(createMemoryStore(medium))
    const whole = await start({ historyBlocks: 'all' }, store)
    const seen = await mine(whole, 6)
    await whole.stop()
    const listBytes = undoListBytes(medium)
    const three = listBytes.slice(-3).reduce((sum, bytes) => sum + bytes, 0)
    const executor = await start({ historyBlocks: 10, historyMaxBytes: three + 100 }, store)
    seen.push(...(await mine(executor, 4)))
    expect(undoRows(medium)).toBeLessThanOrEqual(6)
    expect(undoListBytes(medium).reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(three + 100)
    const oldest = 10 - undoRows(medium) / 2
    expect(await look(executor, height(oldest))).toMatchObject({ slot: seen[oldest - 1]?.slot })
    await expect(look(executor, height(oldest - 1))).rejects.toMatchObject({
      code: 'STATE_PRUNED',
    })
    await executor.stop()
    const tight = await start({ historyBlocks: 10, historyMaxBytes: 1 }, store)
    await mine(tight, 2)
    expect(undoRows(medium)).toBe(2)
    await expect(look(tight, height(11))).resolves.toBeDefined()
  })

  it('goes on after a restart, shrinks with its option, and drops what does not reach the head', async () => {
    const medium = createMemoryMedium()
    const store = keep(createMemoryStore(medium))
    const restart = async (before: GenesisExecutor | undefined, historyBlocks: number | 'all') => {
      await before?.stop()
      return start({ historyBlocks }, store)
    }
    let executor = await restart(undefined, 'all')
    const seen = await mine(executor, 6)
    executor = await restart(executor, 10)
    seen.push(...(await mine(executor, 1)))
    expect(await look(executor, height(1))).toMatchObject({
      slot: seen[0]?.slot,
      balances: seen[0]?.balances,
    })
    executor = await restart(executor, 2)
    expect(undoRows(medium)).toBe(4)
    expect(await look(executor, height(5))).toMatchObject({ slot: seen[4]?.slot })
    await expect(look(executor, height(4))).rejects.toMatchObject({ code: 'STATE_PRUNED' })
    executor = await restart(executor, 0)
    expect(undoRows(medium)).toBe(0)
    await mine(executor, 1)
    await expect(look(executor, height(7))).rejects.toMatchObject({ code: 'STATE_PRUNED' })
    executor = await restart(executor, 4)
    await mine(executor, 2)
    expect((await look(executor, height(8))).slot).toBe(word(7 + 8))
    await expect(look(executor, height(7))).rejects.toMatchObject({ code: 'STATE_PRUNED' })
  })

  it('names a damaged undo list and goes on', async () => {
    const medium = createMemoryMedium()
    const store = keep(createMemoryStore(medium))
    let executor = await start({}, store)
    await mine(executor, 3)
    await executor.stop()
    for (const key of medium.values.keys()) {
      if (key.startsWith('\0\x03')) medium.values.set(key, Uint8Array.of(9, 9, 9, 9, 9))
    }
    executor = await start({}, store)
    await expect(executor.account(watched[0] as Address, height(1))).rejects.toMatchObject({
      code: 'STATE_CORRUPT',
    })
    await expect(executor.proof(counter, [], height(1))).rejects.toMatchObject({
      code: expect.stringMatching(/^STATE_(CORRUPT|STORE_FAILED)$/),
    })
    await mine(executor, 1)
  })
})

async function mineEmpty(executor: GenesisExecutor, count: number): Promise<void> {
  for (let done = 0; done < count; done++) {
    const { blockHash, height: parent } = executor.head()
    const { built, request } = await buildBlock(executor, {
      parentHash: blockHash,
      height: parent + 1,
      transactions: [],
    })
    await executor.adopt(built.buildId, request.blockHash)
    await executor.commit(request.blockHash)
  }
}

function undoRows(medium: ReturnType<typeof createMemoryMedium>): number {
  return [...medium.values.keys()].filter((key) => key.startsWith('\0\x03') || key.startsWith('\0\x04')).length
}

/** By height. */
function undoListBytes({ values }: ReturnType<typeof createMemoryMedium>): readonly number[] {
  const lists = [...values].filter(([key]) => key.startsWith('\0\x03'))
  return lists.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value.length)
}
