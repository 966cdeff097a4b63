/** The small parts that keep the executor bounded and fair. */
import { describe, expect, it } from 'vitest'
import { AbiReader } from '../src/abi/reader.ts'
import { AbiWriter } from '../src/abi/writer.ts'
import { prefetchKeys } from '../src/access-list-prefetch.ts'
import { createGasBudget } from '../src/gas-budget.ts'
import {
  BUILD_GAS_MIN,
  READS_QUEUED_MAX,
  SENDER_CACHE_TRANSACTION_MAX_BYTES,
  STATE_CACHE_ENTRY_OVERHEAD_BYTES,
} from '../src/limits.ts'
import { createSenderCache } from '../src/sender-cache.ts'
import { createSerialQueue } from '../src/serial-queue.ts'
import { bytesFromText, textFromBytes } from '../src/state-key.ts'
import { createValueCache } from '../src/value-cache.ts'

describe('value cache', () => {
  it('stays within its budget and keeps what is used', () => {
    const budgetBytes = 100 * (STATE_CACHE_ENTRY_OVERHEAD_BYTES + 400)
    const cache = createValueCache(budgetBytes)
    for (let index = 0; index < 10_000; index++) {
      cache.set(`key ${index}`, new Uint8Array(32).fill(index))
      expect(cache.get('key 0')).toEqual(new Uint8Array(32))
      expect(cache.sizeBytes()).toBeLessThanOrEqual(budgetBytes)
    }
    expect(cache.get('key 10')).toBeUndefined()
    expect(cache.get('key 9998')).toEqual(new Uint8Array(32).fill(9998))
    cache.set('gone', null)
    expect(cache.get('gone')).toBeNull()
    cache.clear()
    expect(cache.sizeBytes()).toBe(0)
  })

  it('gives what was set last, whatever its size', () => {
    const cache = createValueCache(64 * 1024)
    const lengths = [0, 1, 255, 256, 5000, 20_000, 33_000, 100_000, 3]
    for (const length of lengths) {
      cache.set('key', new Uint8Array(length).fill(length))
      const found = cache.get('key')
      expect(found?.length ?? 'not kept').toBe(length < 32_000 ? length : 'not kept')
      expect(found?.every((byte) => byte === (length & 255)) ?? true).toBe(true)
      expect(cache.sizeBytes()).toBeLessThanOrEqual(64 * 1024)
    }
    const large = createValueCache(16 * 1024 * 1024)
    for (let index = 0; index < 100; index++) large.set(`code ${index}`, new Uint8Array(24_576).fill(index))
    large.set('huge', new Uint8Array(3_000_000).fill(7))
    expect(large.get('code 42')?.[24_575]).toBe(42)
    expect(large.get('huge')?.length).toBe(3_000_000)
    expect(large.get('code 99')?.[0]).toBe(99)
  })
})

describe('serial queue', () => {
  it('runs one task at a time, consensus first', async () => {
    const queue = createSerialQueue()
    const order: string[] = []
    const task = (name: string) => async (): Promise<void> => {
      order.push(`${name} starts`)
      await Promise.resolve()
      order.push(`${name} ends`)
    }
    await Promise.all([
      queue.run('read', task('first')),
      queue.run('read', task('read')),
      queue.run('consensus', task('block')),
    ])
    expect(order).toEqual(['first starts', 'first ends', 'block starts', 'block ends', 'read starts', 'read ends'])
  })

  it('bounds waiting reads, survives failures and refuses after stop', async () => {
    const queue = createSerialQueue()
    const gate = Promise.withResolvers<void>()
    const blocked = queue.run('consensus', () => gate.promise)
    const reads = Array.from({ length: READS_QUEUED_MAX }, () => queue.run('read', async () => 1))
    await expect(queue.run('read', async () => 1)).rejects.toMatchObject({ code: 'EXECUTOR_BUSY' })
    const failing = queue.run('consensus', () => Promise.reject(new Error('no')))
    gate.resolve()
    await blocked
    await expect(failing).rejects.toThrow('no')
    expect((await Promise.all(reads)).length).toBe(READS_QUEUED_MAX)
    await queue.stop()
    await expect(queue.run('read', async () => 1)).rejects.toMatchObject({ code: 'EXECUTOR_STOPPED' })
  })
})

describe('gas budget', () => {
  it('follows the measured speed between its bounds', () => {
    const budget = createGasBudget()
    expect(budget.budget(60_000_000n)).toBe(60_000_000n)
    budget.record(10_000_000n, 150)
    expect(budget.budget(60_000_000n)).toBe(10_000_000n)
    budget.record(1000n, 10_000)
    expect(budget.budget(60_000_000n)).toBe(10_000_000n)
    for (let sample = 0; sample < 50; sample++) budget.record(1_000_000n, 1000)
    expect(budget.budget(60_000_000n)).toBe(BUILD_GAS_MIN)
    for (let sample = 0; sample < 100; sample++) budget.record(30_000_000n, 3)
    expect(budget.budget(60_000_000n)).toBe(60_000_000n)
  })
})

describe('sender cache', () => {
  it('forgets nothing it should know and keeps no large transactions', async () => {
    const cache = createSenderCache(undefined)
    const small = new Uint8Array(100).fill(7)
    const large = new Uint8Array(SENDER_CACHE_TRANSACTION_MAX_BYTES + 1)
    const sender = `0x${'11'.repeat(20)}` as Parameters<typeof cache.remember>[1]
    cache.remember(small, sender)
    cache.remember(large, sender)
    expect(await cache.senders([small, large, new Uint8Array(100)])).toEqual([sender, undefined, undefined])
  })
})

describe('encodings', () => {
  it('round-trips integers at their widths and refuses to read past the end', () => {
    const written = new AbiWriter(1)
      .u32(0xfffffffe)
      .u64(2n ** 64n - 1n)
      .u256(2n ** 256n - 2n)
      .bytes(Uint8Array.of(1, 2))
      .finish()
    const reader = new AbiReader(written)
    expect([reader.u8(), reader.u32(), reader.u64(), reader.u256()]).toEqual([
      2,
      0xfffffffe,
      2n ** 64n - 1n,
      2n ** 256n - 2n,
    ])
    expect(reader.bytes()).toEqual(Uint8Array.of(1, 2))
    reader.end()
    expect(() => reader.u8()).toThrow('truncated')
    expect(() => new AbiReader(Uint8Array.of(255, 255, 255, 255)).bytes()).toThrow('truncated')
    expect(() => new AbiWriter().u64(-1n)).toThrow(RangeError)
    expect(() => new AbiWriter().u256(2n ** 256n)).toThrow(RangeError)
  })

  it('maps every key to text and back', () => {
    const key = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    expect(bytesFromText(textFromBytes(key))).toEqual(key)
  })

  it('takes nothing from a malformed access list', () => {
    expect(prefetchKeys(Uint8Array.of(0xc0))).toEqual([])
    expect(prefetchKeys(new Uint8Array(1000).fill(0xff))).toEqual([])
    expect(prefetchKeys(new Uint8Array(0))).toEqual([])
  })
})
