import { decodeFinalizedRangeResponse, encodeFinalizedRangeResponse } from '@cairn/chain'
import { height } from '@cairn/primitives'
import { serveFinalizedRange } from '@cairn/sync'
import type { FinalizedChainReader } from '@cairn/sync'
import { createSampleChain } from '@cairn/testing/contracts'
import { describe, expect, it } from 'vitest'
import { readerOf } from './sample-peers.ts'

const chain = createSampleChain({ length: 200 })
const huge = createSampleChain({ length: 2, transactionSizeBytes: 1_200_000 })
const heavy = createSampleChain({ length: 12, transactionSizeBytes: 120_000 })

async function heights(reader: FinalizedChainReader, from: number, countMax = 64): Promise<readonly number[]> {
  const response = await serveFinalizedRange(reader, { fromHeight: height(from), countMax })
  expect(decodeFinalizedRangeResponse(encodeFinalizedRangeResponse(response)).ok).toBe(true)
  return response.blocks.map((block) => block.header.height)
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

  it('sends the headers that lead to the certificate where the next one is far', async () => {
    const reader = readerOf(chain, 200, 200)
    const response = await serveFinalizedRange(reader, { fromHeight: height(1), countMax: 5 })
    expect(response.blocks.map(({ header }) => header.height)).toEqual(series(1, 5))
    expect(response.links.map(({ height: at }) => at)).toEqual(series(6, 200))
    expect(response.certificate?.hash).toBe(chain.blocks[199]?.block.hash)
    expect(await heights(reader, 1)).toEqual(series(1, 64))
    expect(await heights(reader, 137)).toEqual(series(137, 200))
  })

  it('gives about one MiB, but always one block', async () => {
    expect(await heights(readerOf(heavy, 12, 1), 1)).toEqual(series(1, 8))
    expect(await heights(readerOf(heavy, 12, 12), 1)).toEqual(series(1, 8))
    expect(await heights(readerOf(huge, 2, 2), 1)).toEqual(series(1, 1))
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
