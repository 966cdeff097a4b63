import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import { runKeyValueStoreContract } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import { openStateLogStore } from '../../src/state-log/state-log-store.ts'
import { type MemoryLogFile, createMemoryLogFile } from './memory-log-file.ts'

runKeyValueStoreContract('state log', async () => {
  const files = [createMemoryLogFile(), createMemoryLogFile()] as const
  return { open: async () => openStateLogStore(files), cleanUp: async () => {} }
})

type Files = readonly [MemoryLogFile, MemoryLogFile]

const files = (): Files => [createMemoryLogFile(), createMemoryLogFile()]
const key = (of: number): Uint8Array => Uint8Array.of(4, of >> 8, of & 255)
const put = (of: number, value: number, sizeBytes = 8): BatchOperation => ({
  type: 'put',
  key: key(of),
  value: new Uint8Array(sizeBytes).fill(value),
})

/** Value of each key, 0 for none. */
async function contentOf(store: KeyValueStore, count: number): Promise<readonly number[]> {
  const values = await store.getMany(Array.from({ length: count }, (_, of) => key(of)))
  return values.map((value) => value?.[0] ?? 0)
}

/** As after a crash: what is in the files now, without what tears them. */
function afterCrash(torn: Files): KeyValueStore {
  for (const file of torn) file.tearAt = undefined
  return openStateLogStore(torn)
}

describe('a state log', () => {
  it.each([1, 2, 3, 4, 5, 6])('holds whole batches only when write %i is cut off', async (tearAt) => {
    const both = files()
    const store = openStateLogStore(both)
    both[0].tearAt = both[0].writeCount + tearAt
    let written = 0
    for (let round = 1; round <= 6; round++) {
      try {
        await store.batch([put(0, round), put(1, round), put(2, round)])
        written = round
      } catch {
        break
      }
    }
    expect(written).toBe(tearAt - 1)
    const again = afterCrash(both)
    expect(await contentOf(again, 3)).toEqual([written, written, written])
    await again.batch([put(0, 99)])
    await again.close()
    expect(await contentOf(openStateLogStore(both), 3)).toEqual([99, written, written])
  })

  it('loses nothing to a byte that is damaged but what comes from there on', async () => {
    const both = files()
    const store = openStateLogStore(both)
    for (let round = 1; round <= 4; round++) await store.batch([put(round, round)])
    const whole = both[0].bytes
    for (let at = 12; at < whole.length; at++) {
      both[0].bytes = whole.with(at, (whole[at] as number) ^ 0x10)
      const found = (await contentOf(openStateLogStore(both), 5)).filter((value) => value > 0)
      expect(found).toEqual([1, 2, 3, 4].slice(0, found.length))
      expect(found.length).toBe(Math.floor((at - 12) / ((whole.length - 12) / 4)))
    }
  })

  it('copies what counts to the other file when most of it does not, also when that is cut off', async () => {
    const options = { garbageMinBytes: 4_000 }
    for (let tearAt = 0; tearAt < 5; tearAt++) {
      const both = files()
      let store = openStateLogStore(both, options)
      if (tearAt > 0) both[1].tearAt = tearAt
      for (let round = 1; round <= 90; round++) {
        try {
          await store.batch([put(round % 7, round, 300), { type: 'delete', key: key(8) }, put(9, round)])
        } catch {
          // The batch itself was written; the copy of it all was not.
          for (const file of both) file.tearAt = undefined
          store = openStateLogStore(both, options)
        }
      }
      const expected = Array.from({ length: 7 }, (_, of) => 90 - ((90 - of) % 7))
      expect(await contentOf(store, 10)).toEqual([...expected, 0, 0, 90])
      await store.close()
      expect(both[1].writeCount).toBeGreaterThan(0)
      const again = openStateLogStore(both, options)
      expect(await contentOf(again, 10)).toEqual([...expected, 0, 0, 90])
      expect(Math.max(...both.map((file) => file.sizeBytes()))).toBeLessThan(12_000)
      expect(Math.min(...both.map((file) => file.sizeBytes()))).toBe(0)
    }
  })

  it('goes on without a copy when there is no space for one', async () => {
    const both = files()
    const store = openStateLogStore(both, { garbageMinBytes: 1_000 })
    both[1].quotaBytes = 100
    for (let round = 1; round <= 20; round++) await store.batch([put(1, round, 300)])
    both[1].quotaBytes = Number.POSITIVE_INFINITY
    for (let round = 21; round <= 40; round++) await store.batch([put(1, round, 300)])
    expect(await contentOf(store, 2)).toEqual([0, 40])
    expect(both[0].sizeBytes() + both[1].sizeBytes()).toBeLessThan(3_000)
  })

  it('says STORE_FULL and goes on from what it had', async () => {
    const both = files()
    const store = openStateLogStore(both)
    await store.batch([put(1, 1)])
    both[0].quotaBytes = both[0].sizeBytes() + 20
    await expect(store.batch([put(1, 2), put(2, 2, 1000)])).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(await contentOf(store, 3)).toEqual([0, 1, 0])
    both[0].quotaBytes = Number.POSITIVE_INFINITY
    await store.batch([put(2, 3)])
    await store.close()
    expect(await contentOf(openStateLogStore(both), 3)).toEqual([0, 1, 3])
  })

  it('finds many keys, and ranges of its own ones without going through the others', async () => {
    const store = openStateLogStore(files())
    const count = 5_000
    for (let from = 0; from < count; from += 500) {
      await store.batch(Array.from({ length: 500 }, (_, at) => put(from + at, (from + at) % 251)))
    }
    await store.batch(
      Array.from({ length: 50 }, (_, at) => ({ type: 'put', key: Uint8Array.of(0, 3, at), value: Uint8Array.of(at) })),
    )
    expect(await contentOf(store, count)).toEqual(Array.from({ length: count }, (_, of) => of % 251))
    const found: number[] = []
    for await (const [, value] of store.entries({
      gte: Uint8Array.of(0, 3, 40),
      lt: Uint8Array.of(0, 4),
      reverse: true,
    }))
      found.push(value[0] as number)
    expect(found).toEqual([49, 48, 47, 46, 45, 44, 43, 42, 41, 40])
  })
})
