import { height } from '@cairn/primitives'
import { createMemoryStore } from '@cairn/storage'
import { sampleAddress, sampleTopic } from '@cairn/testing/contracts'
import { expect, it } from 'vitest'
import { logAddressPrefix, logIndexKey, logTopicPrefix } from '../src/key-layout.ts'
import { findLogHeights } from '../src/log-index.ts'

it('intersects long and rare clauses over many pages', async () => {
  const store = createMemoryStore()
  const last = 5_000
  const put = (prefix: Uint8Array, isIn: (at: number) => boolean): Promise<void> =>
    store.batch(
      Array.from({ length: last }, (_, index) => index + 1)
        .filter(isIn)
        .map((at) => ({ type: 'put' as const, key: logIndexKey(prefix, height(at)), value: new Uint8Array(0) })),
    )
  await put(logAddressPrefix(sampleAddress(1)), () => true)
  await put(logAddressPrefix(sampleAddress(2)), (at) => at % 2 === 0)
  await put(logTopicPrefix(0, sampleTopic(1)), (at) => at % 3 === 0)
  await put(logTopicPrefix(1, sampleTopic(1)), (at) => at > 4_990)
  const query = { first: height(1), last: height(last), addresses: [sampleAddress(1), sampleAddress(2)], topics: [] }
  const every = await findLogHeights(store, { ...query, heightsMax: 10_000 })
  expect(every).toEqual(Array.from({ length: last }, (_, index) => index + 1))
  const thirds = await findLogHeights(store, { ...query, topics: [[sampleTopic(1)]], heightsMax: 10_000 })
  expect(thirds).toEqual(every.filter((at) => at % 3 === 0))
  const rare = await findLogHeights(store, { ...query, topics: [[], [sampleTopic(1)]], heightsMax: 10_000 })
  expect(rare).toEqual(every.filter((at) => at > 4_990))
})
