/**
 * Transactions inside executed but not yet finalized blocks. A leader builds on such a block at once, so its
 * candidates must leave out what the chain from the committed head to the parent already contains.
 */
import { type Block, decodePayload, transactionHash } from '@cairn/chain'
import type { Hash, Height } from '@cairn/primitives'

interface Entry {
  readonly parentHash: Hash
  readonly height: Height
  readonly hashes: readonly Hash[]
}

export interface InFlight {
  add(block: Block): void
  /** Hashes in `parentHash` and its un-finalized ancestors. */
  hashesUpTo(parentHash: Hash): ReadonlySet<Hash>
  /** Hashes in any un-finalized block. */
  has(hash: Hash): boolean
  /** A block at `height` is finalized and the mempool knows: it and its siblings are done. */
  dropUpTo(height: Height): void
}

export function createInFlight(): InFlight {
  const entries = new Map<Hash, Entry>()
  /** In how many entries a hash stands: siblings often carry the same transactions. */
  const counts = new Map<Hash, number>()
  return {
    add: (block) => {
      if (entries.has(block.hash)) return
      const body = decodePayload(block.payload)
      const hashes = body.ok ? body.value.transactions.map(transactionHash) : []
      entries.set(block.hash, { parentHash: block.header.parentHash, height: block.header.height, hashes })
      for (const hash of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1)
    },
    hashesUpTo: (parentHash) => {
      const found = new Set<Hash>()
      for (let entry = entries.get(parentHash); entry !== undefined; entry = entries.get(entry.parentHash)) {
        for (const hash of entry.hashes) found.add(hash)
      }
      return found
    },
    has: (hash) => counts.has(hash),
    dropUpTo: (height) => {
      for (const [blockHash, entry] of entries) {
        if (entry.height > height) continue
        entries.delete(blockHash)
        for (const hash of entry.hashes) {
          const left = (counts.get(hash) ?? 1) - 1
          if (left === 0) counts.delete(hash)
          else counts.set(hash, left)
        }
      }
    },
  }
}
