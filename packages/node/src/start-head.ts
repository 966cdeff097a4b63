/** Where consensus starts: the newest block with a finalization of its own; what is stored above it is decided again. */
import { type Certificate, type ConsensusHeader } from '@cairn/chain'
import { type Hash, assert } from '@cairn/primitives'
import type { ChainReader } from '@cairn/storage'

export interface StartHead {
  readonly header: ConsensusHeader
  readonly hash: Hash
  /** `undefined` at genesis. */
  readonly finalization: Certificate | undefined
}

export async function startHead(chain: ChainReader): Promise<StartHead> {
  const { certifiedHeight } = chain.head()
  const block = await chain.blockByHeight(certifiedHeight)
  assert(block !== undefined, 'the opened store has its certified head')
  const found = certifiedHeight === 0 ? undefined : await chain.certificateAtOrAbove(certifiedHeight)
  return { header: block.header, hash: block.hash, finalization: found?.certificate }
}
