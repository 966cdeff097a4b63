/** Random histories: the pool's invariants hold after each step, and selection equals the slow definition of it. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Address } from '@cairn/primitives'
import { createMempool } from '../src/index.ts'
import type { CandidatesRequest, Mempool, PooledTransaction, SenderAccount } from '../src/index.ts'
import { senderOf, transactionOf } from './fixtures.ts'

const SENDERS = 4
const LIMITS = { transactionsMax: 12, sizeMaxBytes: 1_500, senderNoncesMax: 8 }

type Step =
  | {
      readonly kind: 'add'
      readonly sender: number
      readonly nonce: number
      readonly price: number
      readonly size: number
    }
  | { readonly kind: 'block'; readonly count: number; readonly baseFee: number }
  | { readonly kind: 'remove'; readonly pick: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      sender: fc.integer({ min: 0, max: SENDERS - 1 }),
      nonce: fc.nat(7),
      price: fc.integer({ min: 1, max: 60 }),
      size: fc.integer({ min: 60, max: 300 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('block' as const),
      count: fc.nat(5),
      baseFee: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), pick: fc.nat(11) }) },
)

interface World {
  readonly pool: Mempool
  readonly accounts: Map<Address, SenderAccount>
  /** Everything ever offered; what is still in the pool is found by hash. */
  readonly offered: PooledTransaction[]
  baseFee: bigint
}

const request = (world: World, countMax = 100): CandidatesRequest => ({
  baseFee: world.baseFee,
  gasMax: 10n ** 12n,
  sizeMaxBytes: 10 ** 6,
  countMax,
})

const present = (world: World): PooledTransaction[] => world.offered.filter(({ hash }) => world.pool.transaction(hash))

const accountOf = (world: World, sender: Address): SenderAccount => world.accounts.get(sender) as SenderAccount

/** Executable run of each sender by definition. */
function runs(world: World): PooledTransaction[][] {
  return [...world.accounts].map(([sender, { nonce }]) => {
    const run: PooledTransaction[] = []
    for (let next = nonce; ; next++) {
      const found = present(world).find((one) => one.sender === sender && one.nonce === next)
      if (found === undefined) return run
      run.push(found)
    }
  })
}

function tipOf(transaction: PooledTransaction, baseFee: bigint): bigint {
  const above = transaction.maxFeePerGas - baseFee
  return above < transaction.maxPriorityFeePerGas ? above : transaction.maxPriorityFeePerGas
}

function apply(world: World, one: Step): void {
  if (one.kind === 'add') {
    const sender = senderOf(one.sender)
    const account = accountOf(world, sender)
    const nonce = Number(account.nonce) + one.nonce
    const transaction = transactionOf({ sender: one.sender, nonce, price: one.price, sizeBytes: one.size })
    world.offered.push(transaction)
    world.pool.add(transaction, account)
  } else if (one.kind === 'remove') {
    const picked = present(world)[one.pick]
    if (picked !== undefined) world.pool.remove(picked.hash)
  } else {
    const raws = world.pool.candidates(request(world, one.count))
    const included = raws.map((raw) => present(world).find((each) => each.raw === raw) as PooledTransaction)
    for (const { sender, nonce } of included) {
      world.accounts.set(sender, { nonce: nonce + 1n, balance: accountOf(world, sender).balance })
    }
    world.baseFee = BigInt(one.baseFee)
    const accounts = new Map(included.map(({ sender }) => [sender, accountOf(world, sender)]))
    world.pool.onBlock({ included: included.map(({ hash }) => hash), accounts, baseFee: world.baseFee })
  }
}

function checkInvariants(world: World): void {
  const all = present(world)
  const keys = all.map(({ sender, nonce }) => `${sender}/${nonce}`)
  expect(new Set(keys).size).toBe(all.length)
  expect(all.length).toBeLessThanOrEqual(LIMITS.transactionsMax)
  expect(all.reduce((sum, { raw }) => sum + raw.length, 0)).toBeLessThanOrEqual(LIMITS.sizeMaxBytes)
  for (const { sender, nonce } of all) expect(nonce).toBeGreaterThanOrEqual(accountOf(world, sender).nonce)
  const pending = runs(world).flat().length
  expect(world.pool.counts()).toEqual({ pending, queued: all.length - pending })
}

function checkSelection(world: World): void {
  const chosen = world.pool
    .candidates(request(world))
    .map((raw) => present(world).find((one) => one.raw === raw) as PooledTransaction)
  // Each choice has the best tip among all senders' next ones at that point.
  const left = runs(world)
  const isPaying = (one: PooledTransaction | undefined): one is PooledTransaction =>
    one !== undefined && tipOf(one, world.baseFee) >= 0n
  for (const one of chosen) {
    const heads = left.map(([head]) => head).filter(isPaying)
    expect(heads).toContain(one)
    for (const head of heads) expect(tipOf(head, world.baseFee) <= tipOf(one, world.baseFee)).toBe(true)
    left.find(([head]) => head === one)?.shift()
  }
  expect(left.map(([head]) => head).filter(isPaying)).toEqual([])
  expect(world.pool.hasExecutable(() => true)).toBe(chosen.length > 0)
}

it('keeps its invariants through any history', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world: World = {
        pool: createMempool({ blockGasMax: 30_000_000n, baseFee: 5n, limits: LIMITS }),
        accounts: new Map(
          Array.from({ length: SENDERS }, (_, index) => [senderOf(index), { nonce: 0n, balance: 10n ** 18n }]),
        ),
        offered: [],
        baseFee: 5n,
      }
      for (const one of steps) {
        apply(world, one)
        checkInvariants(world)
      }
      checkSelection(world)
    }),
    { seed: 1, numRuns: 300 },
  )
})

it('gives every transaction of honest senders its turn', () => {
  const world: World = {
    pool: createMempool({ blockGasMax: 30_000_000n, baseFee: 5n }),
    accounts: new Map(Array.from({ length: SENDERS }, (_, i) => [senderOf(i), { nonce: 0n, balance: 10n ** 18n }])),
    offered: [],
    baseFee: 5n,
  }
  const order = Array.from({ length: 200 }, (_, index) => (index * 77) % 200)
  for (const index of order) {
    apply(world, {
      kind: 'add',
      sender: index % SENDERS,
      nonce: Math.floor(index / SENDERS),
      price: 10 + (index % 7),
      size: 100,
    })
  }
  for (let block = 0; block < 50; block++) apply(world, { kind: 'block', count: 5, baseFee: 5 })
  expect(present(world)).toEqual([])
  expect([...world.accounts.values()].map(({ nonce }) => nonce)).toEqual([50n, 50n, 50n, 50n])
})
