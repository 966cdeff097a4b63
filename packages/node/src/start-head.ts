/** Where consensus starts: the newest block with a finalization of its own; what is stored above it is decided again. */
import type { FinalizedHead } from '@cairn/consensus'
import { assert } from '@cairn/primitives'
import type { ChainReader, EpochStore } from '@cairn/storage'

export async function startHead(chain: ChainReader, epochs: EpochStore): Promise<FinalizedHead> {
  const { certifiedHeight } = chain.head()
  const block = await chain.blockByHeight(certifiedHeight)
  assert(block !== undefined, 'the opened store has its certified head')
  const found = certifiedHeight === 0 ? undefined : await chain.certificateAtOrAbove(certifiedHeight)
  const epochState = await epochs.stateAt(certifiedHeight, chain)
  return { header: block.header, hash: block.hash, finalization: found?.certificate, epochState }
}
