import { createMemoryMedium, createMemoryStore } from '@cairn/storage'
import { runKeyValueStoreContract } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'

runKeyValueStoreContract('memory', async () => {
  const medium = createMemoryMedium()
  return { open: async () => createMemoryStore(medium), cleanUp: async () => {} }
})

describe('memory medium', () => {
  it('loses exactly what was written after the last durable batch when it crashes', async () => {
    const medium = createMemoryMedium()
    const store = createMemoryStore(medium)
    const key = (byte: number): Uint8Array => Uint8Array.of(byte)
    await store.batch([{ type: 'put', key: key(1), value: key(1) }])
    await store.batch([{ type: 'put', key: key(2), value: key(2) }], { durable: true })
    await store.batch([
      { type: 'put', key: key(1), value: key(9) },
      { type: 'delete', key: key(2) },
      { type: 'put', key: key(3), value: key(3) },
    ])
    await store.batch([{ type: 'put', key: key(1), value: key(8) }])
    medium.crash()
    expect(await createMemoryStore(medium).getMany([key(1), key(2), key(3)])).toEqual([key(1), key(2), undefined])
  })
})
