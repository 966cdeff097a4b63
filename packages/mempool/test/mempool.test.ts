import { describe, expect, it } from 'vitest'
import type { Hash } from '@cairn/primitives'
import { createMempool } from '../src/index.ts'
import type { CandidatesRequest, Mempool, MempoolLimits, PooledTransaction, RejectionCode } from '../src/index.ts'
import { RICH, senderOf, transactionOf } from './fixtures.ts'

const poolOf = (limits: Partial<MempoolLimits> = {}): Mempool =>
  createMempool({ blockGasMax: 30_000_000n, baseFee: 10n, limits })

const ALL: CandidatesRequest = { baseFee: 10n, gasMax: 10n ** 12n, sizeMaxBytes: 10 ** 9, countMax: 10 ** 6 }

function fill(pool: Mempool, ...transactions: readonly PooledTransaction[]): void {
  for (const transaction of transactions) expect(pool.add(transaction, RICH)).toEqual({ accepted: true })
}

function codeOf(pool: Mempool, transaction: PooledTransaction, account = RICH): RejectionCode | 'ok' {
  const admission = pool.add(transaction, account)
  return admission.accepted ? 'ok' : admission.code
}

const rawOf = (transactions: readonly PooledTransaction[]): readonly Uint8Array[] => transactions.map(({ raw }) => raw)

describe('admission', () => {
  it('refuses with a code', () => {
    const pool = poolOf()
    const known = transactionOf()
    fill(pool, known)
    expect(codeOf(pool, known)).toBe('ALREADY_KNOWN')
    expect(codeOf(pool, transactionOf({ type: 3 }))).toBe('TRANSACTION_TYPE_UNSUPPORTED')
    expect(codeOf(pool, transactionOf({ sender: 2, sizeBytes: 131_072 }))).toBe('ok')
    expect(codeOf(pool, transactionOf({ sizeBytes: 131_073 }))).toBe('TRANSACTION_TOO_LARGE')
    expect(codeOf(pool, transactionOf({ gas: 30_000_001 }))).toBe('BLOCK_GAS_LIMIT_REACHED')
    expect(codeOf(pool, transactionOf({ tip: 0 }))).toBe('TRANSACTION_UNDERPRICED')
    expect(codeOf(pool, transactionOf({ nonce: 4 }), { nonce: 5n, balance: RICH.balance })).toBe('NONCE_TOO_LOW')
    expect(codeOf(pool, transactionOf({ sender: 3, nonce: 1_023 }))).toBe('ok')
    expect(codeOf(pool, transactionOf({ sender: 3, nonce: 1_024 }))).toBe('NONCE_TOO_HIGH')
  })

  it('wants the balance to cover gas · price + value of everything the sender has here', () => {
    const pool = poolOf()
    const cost = 21_000n * 100n + 7n
    const account = { nonce: 0n, balance: 2n * cost }
    expect(codeOf(pool, transactionOf({ value: 7n }), { nonce: 0n, balance: cost - 1n })).toBe('INSUFFICIENT_FUNDS')
    expect(codeOf(pool, transactionOf({ value: 7n }), account)).toBe('ok')
    expect(codeOf(pool, transactionOf({ nonce: 1, value: 8n }), account)).toBe('INSUFFICIENT_FUNDS')
    expect(codeOf(pool, transactionOf({ nonce: 1, value: 7n }), account)).toBe('ok')
  })

  it('replaces at a raise of 10 % of both fees', () => {
    const pool = poolOf()
    const old = transactionOf({ price: 100, tip: 50 })
    fill(pool, old, transactionOf({ nonce: 1 }))
    expect(codeOf(pool, transactionOf({ price: 109, tip: 55 }))).toBe('REPLACEMENT_UNDERPRICED')
    expect(codeOf(pool, transactionOf({ price: 110, tip: 54 }))).toBe('REPLACEMENT_UNDERPRICED')
    const raised = transactionOf({ price: 110, tip: 55 })
    expect(codeOf(pool, raised)).toBe('ok')
    expect(pool.transaction(old.hash)).toBeUndefined()
    expect(pool.transaction(raised.hash)).toBe(raised)
    expect(pool.counts()).toEqual({ pending: 2, queued: 0 })
  })

  it('lets a replacement use the money of what it replaces', () => {
    const pool = poolOf()
    const account = { nonce: 0n, balance: 21_000n * 120n }
    expect(codeOf(pool, transactionOf({ price: 100 }), account)).toBe('ok')
    expect(codeOf(pool, transactionOf({ price: 120 }), account)).toBe('ok')
  })

  it('is not moved back by an account read before the last block', () => {
    const pool = poolOf()
    fill(pool, transactionOf({ nonce: 0 }), transactionOf({ nonce: 1 }))
    pool.onBlock({
      included: [],
      accounts: new Map([[senderOf(1), { nonce: 1n, balance: RICH.balance }]]),
      baseFee: 10n,
    })
    expect(codeOf(pool, transactionOf({ nonce: 0 }), RICH)).toBe('NONCE_TOO_LOW')
    expect(codeOf(pool, transactionOf({ nonce: 2 }), RICH)).toBe('ok')
    expect(pool.counts()).toEqual({ pending: 2, queued: 0 })
  })
})

describe('queues', () => {
  it('counts what follows the account without a gap as pending', () => {
    const pool = poolOf()
    fill(pool, transactionOf({ nonce: 0 }), transactionOf({ nonce: 2 }), transactionOf({ nonce: 3 }))
    expect(pool.counts()).toEqual({ pending: 1, queued: 2 })
    expect(pool.nextNonce(senderOf(1))).toBe(1n)
    fill(pool, transactionOf({ nonce: 1 }))
    expect(pool.counts()).toEqual({ pending: 4, queued: 0 })
    expect(pool.nextNonce(senderOf(1))).toBe(4n)
    expect(pool.nextNonce(senderOf(2))).toBeUndefined()
  })

  it('puts successors of a removed transaction behind a gap', () => {
    const pool = poolOf()
    const middle = transactionOf({ nonce: 1 })
    fill(pool, transactionOf({ nonce: 0 }), middle, transactionOf({ nonce: 2 }))
    pool.remove(middle.hash)
    pool.remove(middle.hash)
    expect(pool.counts()).toEqual({ pending: 1, queued: 1 })
  })
})

describe('candidates', () => {
  it('come best first, one sender’s in nonce order', () => {
    const pool = poolOf()
    const a = [transactionOf({ sender: 1, nonce: 0, price: 20 }), transactionOf({ sender: 1, nonce: 1, price: 90 })]
    const b = [transactionOf({ sender: 2, nonce: 0, price: 50 }), transactionOf({ sender: 2, nonce: 1, price: 40 })]
    const c = transactionOf({ sender: 3, price: 45 })
    fill(pool, ...a, ...b, c)
    expect(pool.candidates(ALL)).toEqual(rawOf([b[0], c, b[1], a[0], a[1]] as PooledTransaction[]))
  })

  it('are ordered by what the proposer earns at this base fee', () => {
    const pool = poolOf()
    const highCap = transactionOf({ sender: 1, price: 1_000, tip: 2 })
    const highTip = transactionOf({ sender: 2, price: 30, tip: 30 })
    const tooLow = transactionOf({ sender: 3, price: 9 })
    fill(pool, highCap, highTip, tooLow)
    expect(pool.candidates(ALL)).toEqual(rawOf([highTip, highCap]))
    expect(pool.candidates({ ...ALL, baseFee: 29n })).toEqual(rawOf([highCap, highTip]))
    expect(pool.candidates({ ...ALL, baseFee: 31n })).toEqual(rawOf([highCap]))
  })

  it('keep to gas, size and count, and go on with other senders', () => {
    const pool = poolOf()
    const large = transactionOf({ sender: 1, price: 99, gas: 1_000_000, sizeBytes: 5_000 })
    const small = [2, 3, 4].map((sender) => transactionOf({ sender, price: 50 }))
    fill(pool, large, transactionOf({ sender: 1, nonce: 1, price: 99 }), ...small)
    expect(pool.candidates({ ...ALL, gasMax: 63_000n })).toEqual(rawOf(small))
    expect(pool.candidates({ ...ALL, sizeMaxBytes: 220 })).toEqual(rawOf(small.slice(0, 2)))
    expect(pool.candidates({ ...ALL, countMax: 1 })).toEqual(rawOf([large]))
  })

  it('leave out what un-finalized ancestors hold, and go on behind it', () => {
    const pool = poolOf()
    const run = [0, 1, 2].map((nonce) => transactionOf({ nonce }))
    fill(pool, ...run)
    const exclude = new Set(rawOf(run) && run.slice(0, 2).map(({ hash }) => hash))
    expect(pool.candidates({ ...ALL, exclude })).toEqual(rawOf(run.slice(2)))
    expect(pool.candidates({ ...ALL, nonceOverride: new Map([[senderOf(1), 1n]]) })).toEqual(rawOf(run.slice(1)))
  })

  it('start at an overriding nonce even behind a gap', () => {
    const pool = poolOf()
    const run = [3, 4, 6].map((nonce) => transactionOf({ nonce }))
    fill(pool, ...run)
    expect(pool.candidates(ALL)).toEqual([])
    expect(pool.candidates({ ...ALL, nonceOverride: new Map([[senderOf(1), 3n]]) })).toEqual(rawOf(run.slice(0, 2)))
    expect(pool.candidates({ ...ALL, nonceOverride: new Map([[senderOf(1), 2n]]) })).toEqual([])
  })
})

describe('hasExecutable', () => {
  it('asks for what is executable, wanted, and pays the base fee', () => {
    const pool = poolOf()
    const transaction = transactionOf({ price: 15 })
    const anything = (): boolean => true
    expect(pool.hasExecutable(anything)).toBe(false)
    fill(pool, transactionOf({ sender: 2, nonce: 1 }), transaction)
    expect(pool.hasExecutable(anything)).toBe(true)
    expect(pool.hasExecutable((hash: Hash) => hash !== transaction.hash)).toBe(false)
    pool.onBlock({ included: [], accounts: new Map(), baseFee: 16n })
    expect(pool.hasExecutable(anything)).toBe(false)
  })
})

describe('onBlock', () => {
  it('drops the included, the stale and the unaffordable, and keeps the rest', () => {
    const pool = poolOf()
    const included = transactionOf({ nonce: 0 })
    const stale = transactionOf({ nonce: 1 })
    const kept = transactionOf({ nonce: 2 })
    const dear = transactionOf({ nonce: 3, value: 10n ** 20n })
    const other = transactionOf({ sender: 2 })
    fill(pool, included, stale, kept, dear, other)
    const account = { nonce: 2n, balance: 10n ** 19n }
    pool.onBlock({ included: [included.hash], accounts: new Map([[senderOf(1), account]]), baseFee: 10n })
    expect([included, stale, dear].map(({ hash }) => pool.transaction(hash))).toEqual([undefined, undefined, undefined])
    expect(pool.candidates(ALL)).toEqual(rawOf([kept, other]))
  })

  it('drops the included even without an account', () => {
    const pool = poolOf()
    const included = transactionOf()
    fill(pool, included)
    pool.onBlock({ included: [included.hash], accounts: new Map([[senderOf(1), undefined]]), baseFee: 10n })
    expect(pool.counts()).toEqual({ pending: 0, queued: 0 })
  })
})

describe('a full pool', () => {
  it('evicts the cheapest tail for a better transaction, and only then', () => {
    const pool = poolOf({ transactionsMax: 3 })
    const cheap = transactionOf({ sender: 1, price: 20 })
    fill(pool, cheap, transactionOf({ sender: 2, price: 30 }), transactionOf({ sender: 3, price: 40 }))
    expect(codeOf(pool, transactionOf({ sender: 4, price: 20 }))).toBe('POOL_FULL')
    expect(codeOf(pool, transactionOf({ sender: 4, price: 21 }))).toBe('ok')
    expect(pool.transaction(cheap.hash)).toBeUndefined()
    expect(pool.counts()).toEqual({ pending: 3, queued: 0 })
  })

  it('gives up what waits behind a gap first, and opens none', () => {
    const pool = poolOf({ transactionsMax: 4 })
    const first = transactionOf({ sender: 1, nonce: 0, price: 11 })
    const second = transactionOf({ sender: 1, nonce: 1, price: 90 })
    const gapped = transactionOf({ sender: 2, nonce: 5, price: 1_000 })
    fill(pool, first, second, gapped, transactionOf({ sender: 3, price: 95 }))
    expect(codeOf(pool, transactionOf({ sender: 4, nonce: 1, price: 900 }))).toBe('POOL_FULL')
    expect(codeOf(pool, transactionOf({ sender: 4, price: 50 }))).toBe('ok')
    expect(pool.transaction(gapped.hash)).toBeUndefined()
    expect(codeOf(pool, transactionOf({ sender: 5, price: 60 }))).toBe('ok')
    expect(pool.counts()).toEqual({ pending: 4, queued: 0 })
    expect(pool.transaction(first.hash)).toBe(first)
  })

  it('never evicts the sender’s own transactions for its next one', () => {
    const pool = poolOf({ transactionsMax: 2 })
    fill(pool, transactionOf({ nonce: 0, price: 20 }), transactionOf({ nonce: 1, price: 20 }))
    expect(codeOf(pool, transactionOf({ nonce: 2, price: 99 }))).toBe('POOL_FULL')
  })

  it('is bounded in bytes, and evicts nothing in vain', () => {
    const pool = poolOf({ sizeMaxBytes: 1_000 })
    fill(pool, ...[1, 2, 3].map((sender) => transactionOf({ sender, price: 20 * sender, sizeBytes: 300 })))
    expect(codeOf(pool, transactionOf({ sender: 4, price: 50, sizeBytes: 900 }))).toBe('POOL_FULL')
    expect(pool.counts().pending).toBe(3)
    expect(codeOf(pool, transactionOf({ sender: 4, price: 50, sizeBytes: 700 }))).toBe('ok')
    expect(pool.counts().pending).toBe(2)
  })
})

it('evicts exactly the cheapest through a long flood', () => {
  const pool = poolOf({ transactionsMax: 600 })
  const offered: PooledTransaction[] = []
  for (let index = 0; index < 3_000; index++) {
    const transaction = transactionOf({ sender: index, price: 11 + ((index * 7_919) % 3_001) })
    offered.push(transaction)
    pool.add(transaction, RICH)
  }
  const best = offered.toSorted((a, b) => Number(b.maxFeePerGas - a.maxFeePerGas)).slice(0, 600)
  expect(best.every(({ hash }) => pool.transaction(hash) !== undefined)).toBe(true)
})
