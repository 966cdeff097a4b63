import { type Block, blockFromParts, decodePayload } from '@cairn/chain'
import { createMempool } from '@cairn/mempool'
import { type Verdict, decodeRlp, encodeRlp, epoch, height, view } from '@cairn/primitives'
import { type SampleBlock, createSampleChain, sampleAddress } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import { ADMISSION_BATCH_MAX, GOSSIP_BATCH_DELAY_MS, SUBMISSIONS_WAITING_MAX } from '../src/limits.ts'
import { decodeTransactionBatch, encodeTransactionBatch } from '../src/transaction-gossip.ts'
import { createTransactionPool, headBaseFee } from '../src/transaction-pool.ts'
import { createFakeNetwork } from './fake-network.ts'
import { createFakeTime, settle } from './fake-time.ts'
import {
  RICH,
  type SampleTransaction,
  createSampleExecutor,
  executionHeaderOf,
  sampleTransaction,
} from './sample-executor.ts'

const chain = createSampleChain({ length: 2 })
const sampleAt = (at: number): SampleBlock => chain.blocks[at - 1] as SampleBlock
const LIMITS = { sizeMaxBytes: 1_000_000, gasMax: 30_000_000n }

function start() {
  const network = createFakeNetwork()
  const time = createFakeTime()
  const executor = createSampleExecutor(chain)
  const decodedSizes: number[] = []
  const decode = executor.decodeTransactions
  executor.decodeTransactions = (raw) => {
    decodedSizes.push(raw.length)
    return decode(raw)
  }
  const mempool = createMempool({ blockGasMax: 30_000_000n, baseFee: headBaseFee(executor) })
  const admitted: string[] = []
  let changes = 0
  const pool = createTransactionPool({
    mempool,
    executor,
    network,
    timers: time.timers,
    onChanged: () => void changes++,
    onAdmitted: (hash) => void admitted.push(hash),
  })
  const gossip = (...raw: readonly Uint8Array[]): Promise<Verdict> =>
    network.deliver('transactions', encodeTransactionBatch(raw))
  return { network, time, executor, mempool, pool, admitted, decodedSizes, gossip, changes: () => changes }
}

/** A child of `parent` that carries these transactions; only the pool believes in it. */
function blockWith(parent: Block, transactions: readonly SampleTransaction[]): Block {
  const header = decodeRlp(executionHeaderOf(sampleAt(1).block), 1_024, (item) =>
    item.listOf(32, (field) => field.bytes(512)),
  )
  if (!header.ok) throw new Error(header.code)
  const bytes = encodeRlp([header.value, transactions.map(({ raw }) => raw), [], []])
  if (!decodePayload(bytes).ok) throw new Error('the payload does not decode')
  const at = height(parent.header.height + 1)
  const inherited = { ...parent.header, parentHash: parent.hash, height: at, view: view(at), epoch: epoch(0) }
  return blockFromParts(inherited, bytes, Uint8Array.of(0xc0))
}

describe('submission', () => {
  it('admits, tells and announces', async () => {
    const { pool, network, time, admitted, changes } = start()
    const { raw, hash } = sampleTransaction(1, 0)
    expect(await pool.submit(raw)).toEqual({ accepted: true, hash })
    expect(admitted).toEqual([hash])
    expect(changes()).toBe(1)
    expect(pool.hasPending()).toBe(true)
    await time.advance(GOSSIP_BATCH_DELAY_MS)
    const decoded = network.published.map(({ data }) => decodeTransactionBatch(data))
    expect(decoded).toEqual([{ ok: true, value: [raw] }])
  })

  it('decodes what comes meanwhile together, in batches of bounded size', async () => {
    const { pool, decodedSizes } = start()
    const count = 2 * ADMISSION_BATCH_MAX + 10
    const outcomes = await Promise.all(
      Array.from({ length: count }, (_, sender) => pool.submit(sampleTransaction(sender, 0).raw)),
    )
    expect(outcomes.every(({ accepted }) => accepted)).toBe(true)
    expect(decodedSizes).toEqual([1, ADMISSION_BATCH_MAX, ADMISSION_BATCH_MAX, 9])
  })

  it('refuses with a code and announces nothing', async () => {
    const { pool, network, time, executor } = start()
    const poor = sampleTransaction(2, 0)
    executor.accountsBySender.set(sampleAddress(2), { ...RICH, balance: 1n })
    executor.accountsBySender.set(sampleAddress(3), { ...RICH, nonce: 5n })
    expect(await pool.submit(Uint8Array.of(9))).toMatchObject({ code: 'MALFORMED', isInvalid: true })
    expect(await pool.submit(new Uint8Array(0))).toMatchObject({ code: 'MALFORMED', isInvalid: true })
    expect(await pool.submit(poor.raw)).toMatchObject({ accepted: false, code: 'INSUFFICIENT_FUNDS' })
    expect(await pool.submit(sampleTransaction(3, 4).raw)).toMatchObject({ accepted: false, code: 'NONCE_TOO_LOW' })
    expect((await pool.submit(sampleTransaction(1, 0).raw)).accepted).toBe(true)
    expect(await pool.submit(sampleTransaction(1, 0).raw)).toMatchObject({ code: 'ALREADY_KNOWN' })
    await time.advance(GOSSIP_BATCH_DELAY_MS)
    expect(network.published).toHaveLength(1)
  })

  it('refuses when too many wait, and takes more once they are through', async () => {
    const { pool, executor } = start()
    const { promise: decoding, resolve: goOn } = Promise.withResolvers<void>()
    const decode = executor.decodeTransactions
    executor.decodeTransactions = async (raw) => {
      await decoding
      return decode(raw)
    }
    // The first one is being decoded and does not wait any more.
    const waiting = Array.from({ length: SUBMISSIONS_WAITING_MAX + 1 }, () => pool.submit(Uint8Array.of(1)))
    expect(await pool.submit(sampleTransaction(1, 0).raw)).toMatchObject({ accepted: false, code: 'POOL_BUSY' })
    goOn()
    const codes = new Set((await Promise.all(waiting)).map((outcome) => outcome.accepted || outcome.code))
    expect(codes).toEqual(new Set(['MALFORMED']))
    expect((await pool.submit(sampleTransaction(1, 0).raw)).accepted).toBe(true)
  })

  it('refuses, and does not throw, when the executor fails; the next batch is tried again', async () => {
    const { pool, executor } = start()
    const decode = executor.decodeTransactions
    executor.decodeTransactions = () => Promise.reject(new Error('stopped'))
    expect(await pool.submit(sampleTransaction(1, 0).raw)).toMatchObject({ accepted: false, code: 'NODE_STOPPING' })
    executor.decodeTransactions = decode
    expect((await pool.submit(sampleTransaction(1, 0).raw)).accepted).toBe(true)
  })
})

describe('gossiped transactions', () => {
  it('are accepted when something is new and admitted, ignored when nothing is', async () => {
    const { gossip, decodedSizes, admitted } = start()
    const [one, two] = [sampleTransaction(1, 0), sampleTransaction(2, 0)]
    expect(await gossip(one.raw)).toEqual({ verdict: 'accept' })
    expect(await gossip(one.raw)).toMatchObject({ verdict: 'ignore' })
    expect(await gossip(one.raw, two.raw)).toEqual({ verdict: 'accept' })
    expect(admitted).toEqual([one.hash, two.hash])
    // What is known is not decoded again.
    expect(decodedSizes).toEqual([1, 1])
  })

  it('are rejected when undecodable or never valid, ignored when stale or poor', async () => {
    const { gossip, network, executor } = start()
    executor.accountsBySender.set(sampleAddress(3), { ...RICH, nonce: 5n })
    expect(await network.deliver('transactions', Uint8Array.of(0xf8))).toMatchObject({ verdict: 'reject' })
    expect(await network.deliver('transactions', new Uint8Array(0))).toMatchObject({ verdict: 'reject' })
    expect(await gossip(sampleTransaction(1, 0).raw, Uint8Array.of(1, 2))).toEqual({
      verdict: 'reject',
      code: 'TRANSACTION_INVALID',
    })
    expect(await gossip(sampleTransaction(3, 4).raw)).toMatchObject({ verdict: 'ignore' })
  })

  it('are not announced again: gossip forwards them by itself', async () => {
    const { gossip, network, time } = start()
    await gossip(sampleTransaction(1, 0).raw)
    await time.advance(1_000)
    expect(network.published).toEqual([])
  })
})

describe('candidates', () => {
  it('leave out what the chain from the head to the parent contains, not what a sibling does', async () => {
    const { pool } = start()
    const [one, two] = [sampleTransaction(1, 0, 300), sampleTransaction(2, 0, 200)]
    for (const { raw } of [one, two]) await pool.submit(raw)
    const parent = blockWith(chain.genesis, [one])
    pool.onExecuted(parent)
    expect(pool.candidates(chain.genesis.hash, LIMITS)).toEqual([one.raw, two.raw])
    expect(pool.candidates(parent.hash, LIMITS)).toEqual([two.raw])
    expect(pool.hasPending()).toBe(true)
    const child = blockWith(parent, [two])
    pool.onExecuted(child)
    expect(pool.candidates(child.hash, LIMITS)).toEqual([])
    expect(pool.hasPending()).toBe(false)
  })

  it('stay within the sizes asked for', async () => {
    const { pool } = start()
    for (let sender = 0; sender < 10; sender++) await pool.submit(sampleTransaction(sender, 0, 100, 1_000).raw)
    expect(pool.candidates(chain.genesis.hash, { ...LIMITS, sizeMaxBytes: 3_500 })).toHaveLength(3)
    expect(pool.candidates(chain.genesis.hash, { ...LIMITS, gasMax: 42_000n })).toHaveLength(2)
  })

  it('lose what a build rejected for good, and keep what only came too early', async () => {
    const { pool, mempool } = start()
    const [one, two] = [sampleTransaction(1, 0), sampleTransaction(2, 0)]
    for (const { raw } of [one, two]) await pool.submit(raw)
    pool.drop([
      { hash: one.hash, code: 'INTRINSIC_GAS_TOO_LOW' },
      { hash: two.hash, code: 'NONCE_TOO_LOW' },
    ])
    expect(mempool.transaction(one.hash)).toBeUndefined()
    expect(mempool.transaction(two.hash)).toBeDefined()
  })
})

describe('a commit', () => {
  it('takes out what was included and what became stale, and frees what a lost sibling carried', async () => {
    const { pool, mempool, executor, changes } = start()
    const [included, rival, other] = [sampleTransaction(1, 0), sampleTransaction(1, 0, 900), sampleTransaction(2, 0)]
    await pool.submit(included.raw)
    await pool.submit(other.raw)
    const winner = blockWith(chain.genesis, [included])
    const sibling = { ...blockWith(chain.genesis, [other]), hash: sampleAt(2).block.hash }
    pool.onExecuted(winner)
    pool.onExecuted(sibling)
    expect(pool.hasPending()).toBe(false)
    // A replacement comes while the block is under way.
    expect((await pool.submit(rival.raw)).accepted).toBe(true)
    executor.accountsBySender.set(sampleAddress(1), { ...RICH, nonce: 1n })
    const before = changes()
    await pool.onCommitted(winner, {
      ...sampleAt(1).execution,
      transactions: [{ ...sampleAt(1).execution.transactions[0], hash: included.hash, sender: sampleAddress(1) }],
    } as SampleBlock['execution'])
    expect(mempool.transaction(rival.hash)).toBeUndefined()
    expect(pool.candidates(winner.hash, LIMITS)).toEqual([other.raw])
    expect(pool.hasPending()).toBe(true)
    expect(changes()).toBe(before + 1)
  })

  it('sends nothing after stop', async () => {
    const { pool, network, time } = start()
    await pool.submit(sampleTransaction(1, 0).raw)
    pool.stop()
    await time.advance(1_000)
    await settle()
    expect(network.published).toEqual([])
  })
})
