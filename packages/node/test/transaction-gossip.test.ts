import { encodeRlp } from '@cairn/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  GOSSIP_BATCH_DELAY_MS,
  GOSSIP_BATCH_MAX_BYTES,
  GOSSIP_BATCH_MAX_COUNT,
  TRANSACTION_MAX_BYTES,
} from '../src/limits.ts'
import { createTransactionGossip, decodeTransactionBatch, encodeTransactionBatch } from '../src/transaction-gossip.ts'
import { createFakeNetwork } from './fake-network.ts'
import { createFakeTime, settle } from './fake-time.ts'

const codeOf = (bytes: Uint8Array): string | undefined => {
  const decoded = decodeTransactionBatch(bytes)
  return decoded.ok ? undefined : decoded.code
}

describe('the batch codec', () => {
  it('gives back what went in', () => {
    const batch = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(batch, (raw) => {
        expect(decodeTransactionBatch(encodeTransactionBatch(raw))).toEqual({ ok: true, value: raw })
      }),
      { seed: 1 },
    )
  })

  it('answers any bytes with a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const decoded = decodeTransactionBatch(bytes)
        if (decoded.ok) expect(encodeTransactionBatch(decoded.value)).toEqual(bytes)
        else expect(decoded.code).toMatch(/^DECODE_/)
      }),
      { seed: 2, numRuns: 500 },
    )
  })

  it('survives damage at any place', () => {
    const good = encodeTransactionBatch([new Uint8Array(60).fill(2), new Uint8Array(3)])
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const decoded = decodeTransactionBatch(good.with(at, byte))
        if (!decoded.ok) expect(decoded.code).toMatch(/^DECODE_/)
      }),
      { seed: 3, numRuns: 500 },
    )
  })

  it('refuses what is empty, too much or no list of byte strings', () => {
    expect(codeOf(new Uint8Array(0))).toMatch(/^DECODE_/)
    expect(codeOf(encodeTransactionBatch([]))).toBe('DECODE_EMPTY')
    expect(codeOf(encodeRlp([[Uint8Array.of(1)]]))).toBe('DECODE_EXPECTED_BYTES')
    expect(codeOf(encodeRlp(Uint8Array.of(1, 2)))).toMatch(/^DECODE_/)
    const many = Array.from({ length: GOSSIP_BATCH_MAX_COUNT + 1 }, () => Uint8Array.of(5))
    expect(codeOf(encodeTransactionBatch(many))).toBe('DECODE_TOO_MANY_ITEMS')
    expect(codeOf(encodeTransactionBatch(many.slice(1)))).toBeUndefined()
    expect(codeOf(encodeTransactionBatch([new Uint8Array(TRANSACTION_MAX_BYTES + 1)]))).toBe('DECODE_TOO_LARGE')
    expect(codeOf(encodeTransactionBatch([new Uint8Array(TRANSACTION_MAX_BYTES)]))).toBeUndefined()
    expect(codeOf(new Uint8Array(1_000_000))).toBe('DECODE_TOO_LARGE')
  })
})

describe('transaction gossip', () => {
  function start() {
    const network = createFakeNetwork()
    const time = createFakeTime()
    const gossip = createTransactionGossip(network, time.timers)
    const batches = (): readonly (readonly Uint8Array[])[] =>
      network.published.map(({ topic, data }) => {
        expect(topic).toBe('transactions')
        const decoded = decodeTransactionBatch(data)
        if (!decoded.ok) throw new Error(`an honest batch is refused: ${decoded.code}`)
        return decoded.value
      })
    return { network, time, gossip, batches }
  }

  it('waits a moment for company', async () => {
    const { time, gossip, batches } = start()
    gossip.announce(Uint8Array.of(1))
    gossip.announce(Uint8Array.of(2))
    expect(batches()).toEqual([])
    await time.advance(GOSSIP_BATCH_DELAY_MS)
    expect(batches()).toEqual([[Uint8Array.of(1), Uint8Array.of(2)]])
    expect(time.pendingCount).toBe(0)
  })

  it('sends at once when a batch is full, by count or by bytes', () => {
    const { time, gossip, batches } = start()
    for (let index = 0; index < GOSSIP_BATCH_MAX_COUNT; index++) gossip.announce(Uint8Array.of(index & 0x7f))
    gossip.announce(new Uint8Array(GOSSIP_BATCH_MAX_BYTES))
    expect(batches().map((batch) => batch.length)).toEqual([GOSSIP_BATCH_MAX_COUNT, 1])
    expect(time.pendingCount).toBe(0)
  })

  it('never makes a batch that its own decoder refuses', async () => {
    const { time, gossip, batches } = start()
    gossip.announce(new Uint8Array(GOSSIP_BATCH_MAX_BYTES - 1))
    gossip.announce(new Uint8Array(TRANSACTION_MAX_BYTES))
    for (let index = 1; index < GOSSIP_BATCH_MAX_COUNT; index++) gossip.announce(new Uint8Array(120))
    gossip.announce(new Uint8Array(TRANSACTION_MAX_BYTES))
    await time.advance(GOSSIP_BATCH_DELAY_MS)
    expect(batches().flat()).toHaveLength(GOSSIP_BATCH_MAX_COUNT + 2)
  })

  it('takes a failing network for a lost message', async () => {
    const { network, time, gossip } = start()
    network.breakPublishing()
    gossip.announce(Uint8Array.of(1))
    await time.advance(GOSSIP_BATCH_DELAY_MS)
    await settle()
    expect(network.published).toEqual([])
  })

  it('sends nothing after stop', async () => {
    const { time, gossip, batches } = start()
    gossip.announce(Uint8Array.of(1))
    gossip.stop()
    await time.advance(1_000)
    expect(batches()).toEqual([])
  })
})
