/** Least-recently-used cache of decoded blocks by height, bounded in count and bytes. */
import type { Block } from '@cairn/chain'
import type { Height } from '@cairn/primitives'
import { blockCacheMaxBlocks, blockCacheMaxBytes } from './limits.ts'

export interface BlockCache {
  get(height: Height): Block | undefined
  add(block: Block): void
}

export function createBlockCache(): BlockCache {
  /** Iterates from the least to the most recently used. */
  const blocks = new Map<Height, Block>()
  let sizeBytes = 0

  const remove = (block: Block): void => {
    if (blocks.delete(block.header.height)) sizeBytes -= sizeOf(block)
  }
  return {
    get: (height) => {
      const block = blocks.get(height)
      if (block === undefined) return undefined
      blocks.delete(height)
      blocks.set(height, block)
      return block
    },
    add: (block) => {
      const { height } = block.header
      const before = blocks.get(height)
      if (before !== undefined) remove(before)
      blocks.set(height, block)
      sizeBytes += sizeOf(block)
      for (const oldest of blocks.values()) {
        if (blocks.size <= blockCacheMaxBlocks && sizeBytes <= blockCacheMaxBytes) break
        remove(oldest)
      }
    },
  }
}

function sizeOf(block: Block): number {
  return block.payload.length + block.accessList.length
}
