import { height } from '@cairn/primitives'
import { createSampleChain } from '@cairn/testing/contracts'
import { expect, it } from 'vitest'
import { createBlockCache } from '../src/block-cache.ts'
import { blockCacheMaxBlocks, blockCacheMaxBytes } from '../src/limits.ts'

it('keeps the blocks used last, within the limits of count and bytes', () => {
  const cache = createBlockCache()
  const { blocks } = createSampleChain({ length: blockCacheMaxBlocks + 2 })
  const [first, second, ...others] = blocks.map((each) => each.block)
  if (first === undefined || second === undefined) throw new Error('no blocks')
  cache.add(first)
  cache.add(second)
  for (const block of others) {
    cache.add(block)
    cache.get(height(1))
  }
  expect(cache.get(height(1))).toBe(first)
  expect(cache.get(height(2))).toBeUndefined()
  expect(cache.get(height(3))).toBeUndefined()
  expect(cache.get(height(4))).toBe(others[1])
  const large = { ...second, payload: new Uint8Array(blockCacheMaxBytes - second.accessList.length) }
  cache.add(large)
  expect(cache.get(height(2))).toBe(large)
  expect(cache.get(height(1))).toBeUndefined()
})
