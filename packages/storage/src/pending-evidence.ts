/**
 * Proven evidence that waits for a block, so that an offender does not get away because all who knew of it restarted. What
 * is read back is untrusted, like everything in a store: its reader verifies it again.
 */
import { type Evidence, decodeEvidence, encodeEvidence, evidenceHash } from '@cairn/chain'
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import { type Hash, bytesFromHex, concatBytes } from '@cairn/primitives'
import { tablePrefixes } from './key-layout.ts'
import { evidenceKeptMax } from './limits.ts'

export interface PendingEvidence {
  /** At most `evidenceKeptMax`, in any order; what does not decode is left out. Call it before `keep`. */
  all(): Promise<readonly Evidence[]>
  /** Exactly these from now on, the first `evidenceKeptMax` of them; durable once resolved. O(items) without a change. */
  keep(items: readonly Evidence[]): Promise<void>
}

/** In the same key-value store as the chain store, in a table of its own. */
export function createPendingEvidence(store: KeyValueStore): PendingEvidence {
  const stored = new Set<Hash>()
  let last: Promise<void> = Promise.resolve()

  const write = async (items: readonly Evidence[]): Promise<void> => {
    const wanted = new Map(items.slice(0, evidenceKeptMax).map((item) => [evidenceHash(item), item]))
    const operations: BatchOperation[] = []
    for (const hash of stored) if (!wanted.has(hash)) operations.push({ type: 'delete', key: keyOf(hash) })
    for (const [hash, item] of wanted) {
      if (!stored.has(hash)) operations.push({ type: 'put', key: keyOf(hash), value: encodeEvidence(item) })
    }
    if (operations.length === 0) return
    await store.batch(operations, { durable: true })
    stored.clear()
    for (const hash of wanted.keys()) stored.add(hash)
  }

  return {
    all: async () => {
      const items: Evidence[] = []
      const prefix = tablePrefixes.pendingEvidence
      for await (const [, value] of store.entries({ gte: Uint8Array.of(prefix), lt: Uint8Array.of(prefix + 1) })) {
        const decoded = decodeEvidence(value)
        if (!decoded.ok || items.length === evidenceKeptMax) continue
        items.push(decoded.value)
        stored.add(evidenceHash(decoded.value))
      }
      return items
    },
    keep: (items) => {
      // A failed write is its caller's; the next one tries again.
      const written = last.then(() => write(items))
      last = written.catch(() => undefined)
      return written
    },
  }
}

function keyOf(hash: Hash): Uint8Array {
  return concatBytes(Uint8Array.of(tablePrefixes.pendingEvidence), bytesFromHex(hash))
}
