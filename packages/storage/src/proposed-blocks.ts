/**
 * Blocks behind own votes that are not final yet. A notarization is worth nothing without its block: were every
 * holder to crash at once, the chain could neither use the block nor skip it. Pruned as heights become final.
 */
import { type Block, decodeBlock, encodeBlock } from '@cairn/chain'
import type { KeyValueStore } from '@cairn/ports'
import { CodedError, type Height, bytesFromHex, bytesFromUint64, concatBytes } from '@cairn/primitives'
import { tablePrefixes } from './key-layout.ts'

export interface ProposedBlocks {
  /** Durable once resolved. */
  put(block: Block): Promise<void>
  /** Ascending by height. @throws CodedError `CHAIN_STORE_CORRUPT` */
  all(): Promise<readonly Block[]>
  /** Forgets the blocks at `height` and below. */
  prune(height: Height): Promise<void>
}

/** In the same key-value store as the chain store, in a table of its own. */
export function createProposedBlocks(store: KeyValueStore): ProposedBlocks {
  return {
    put: (block) =>
      store.batch(
        [
          {
            type: 'put',
            key: concatBytes(prefix(block.header.height), bytesFromHex(block.hash)),
            value: encodeBlock(block),
          },
        ],
        { durable: true },
      ),
    all: async () => {
      const blocks: Block[] = []
      for await (const [, value] of store.entries(tableRange())) {
        const decoded = decodeBlock(value)
        if (!decoded.ok)
          throw new CodedError('CHAIN_STORE_CORRUPT', `a proposed block does not decode: ${decoded.code}`)
        blocks.push(decoded.value)
      }
      return blocks
    },
    prune: async (height) => {
      const keys: Uint8Array[] = []
      for await (const [key] of store.entries({ ...tableRange(), lt: prefix(height + 1) })) keys.push(key)
      if (keys.length > 0) await store.batch(keys.map((key) => ({ type: 'delete', key })))
    },
  }
}

function tableRange(): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  return { gte: Uint8Array.of(tablePrefixes.proposedBlocks), lt: Uint8Array.of(tablePrefixes.proposedBlocks + 1) }
}

function prefix(height: number): Uint8Array {
  return concatBytes(Uint8Array.of(tablePrefixes.proposedBlocks), bytesFromUint64(height))
}
