import { encodeFinalizedRangeResponse } from '@cairn/chain'
import { height } from '@cairn/primitives'
import { serveFinalizedRange } from '@cairn/sync'
import type { FinalizedChainReader } from '@cairn/sync'
import { createSampleChain } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import { readerOf } from './sample-peers.ts'

const chain = createSampleChain({ length: 200 })
const heavy = createSampleChain({ length: 12, transactionSizeBytes: 120_000 })

async function heights(reader: FinalizedChainReader, from: number, countMax = 64): Promise<readonly number[]> {
  const { blocks, certificate } = await serveFinalizedRange(reader, { fromHeight: height(from), countMax })
  expect(certificate?.hash).toBe(blocks.at(-1)?.hash)
  return blocks.map((block) => block.header.height)
}

const series = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe('serveFinalizedRange', () => {
  it('gives at most 64 blocks, up to a certified height', async () => {
    expect(await heights(readerOf(chain, 200, 1), 1, 128)).toEqual(series(1, 64))
    expect(await heights(readerOf(chain, 200, 1), 150)).toEqual(series(150, 200))
    expect(await heights(readerOf(chain, 200, 10), 1)).toEqual(series(1, 60))
    expect(await heights(readerOf(chain, 200, 10), 55, 10)).toEqual(series(55, 60))
    expect(await heights(readerOf(chain, 199, 10), 185)).toEqual(series(185, 190))
  })

  it('goes beyond the wish, but not beyond the codec, where the next certificate is far', async () => {
    expect(await heights(readerOf(chain, 200, 100), 1, 5)).toEqual(series(1, 100))
    expect(await heights(readerOf(chain, 200, 128), 1)).toEqual(series(1, 128))
    expect(await heights(readerOf(chain, 200, 129), 1)).toEqual([])
    expect(await heights(readerOf(chain, 200, 129), 2)).toEqual(series(2, 129))
  })

  it('gives about one MiB, more only up to the first certificate', async () => {
    expect(await heights(readerOf(heavy, 12, 1), 1)).toEqual(series(1, 8))
    expect(await heights(readerOf(heavy, 12, 12), 1)).toEqual(series(1, 12))
    const response = await serveFinalizedRange(readerOf(heavy, 12, 1), { fromHeight: height(1), countMax: 64 })
    expect(encodeFinalizedRangeResponse(response).length).toBeLessThan(1024 * 1024)
  })

  it('gives nothing from genesis, above the certified height, or where blocks are missing', async () => {
    expect(await heights(readerOf(chain, 200, 1), 0)).toEqual([])
    expect(await heights(readerOf(chain, 200, 1), 201)).toEqual([])
    expect(await heights(readerOf(chain, 199, 10), 191)).toEqual([])
    const reader = readerOf(chain, 200, 1)
    const pruned = {
      ...reader,
      blockByHeight: async (at: number) => (at < 50 ? undefined : reader.blockByHeight(height(at))),
    }
    expect(await heights(pruned, 40)).toEqual([])
  })
})
