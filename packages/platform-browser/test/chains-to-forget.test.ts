import { expect, test } from 'vitest'
import { chainsToForget } from '../src/chains-to-forget.ts'

test('the chain in use and the one used last before it stay', () => {
  const chains = new Map([
    ['old', 1],
    ['older', 0],
    ['now', 5],
    ['before', 4],
  ])
  expect(chainsToForget(chains, 'now').toSorted()).toEqual(['old', 'older'])
  expect(chainsToForget(new Map([['now', 5]]), 'now')).toEqual([])
  // Whatever its entry says, what is in use is not deleted.
  expect(chainsToForget(new Map([...chains, ['now', 0]]), 'now').toSorted()).toEqual(['old', 'older'])
})
