/**
 * Bounded cache of store values, absence included. Two generations instead of a linked list: a hit in the young one
 * costs a single lookup; when the young one has used half the budget it becomes the old one, whose entries move up
 * when asked for and are forgotten otherwise.
 */
import { STATE_CACHE_ENTRY_OVERHEAD_BYTES } from './limits.ts'

export interface ValueCache {
  /** `null`: known to be absent; `undefined`: not in the cache. */
  get(key: string): Uint8Array | null | undefined
  /** The cache keeps `value`; it must own its buffer, not be a view of a larger one. */
  set(key: string, value: Uint8Array | null): void
  clear(): void
  /** Estimate, overhead included. */
  sizeBytes(): number
}

export function createValueCache(sizeMaxBytes: number): ValueCache {
  let young = new Map<string, Uint8Array | null>()
  let old = new Map<string, Uint8Array | null>()
  let youngBytes = 0
  let oldBytes = 0

  const set = (key: string, value: Uint8Array | null): void => {
    const before = young.get(key)
    if (before !== undefined) youngBytes -= entryBytes(key, before)
    young.set(key, value)
    youngBytes += entryBytes(key, value)
    if (2 * youngBytes <= sizeMaxBytes) return
    old = young
    oldBytes = youngBytes
    young = new Map()
    youngBytes = 0
  }

  return {
    set,
    get: (key) => {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    clear: () => {
      young = new Map()
      old = new Map()
      youngBytes = 0
      oldBytes = 0
    },
    sizeBytes: () => youngBytes + oldBytes,
  }
}

function entryBytes(key: string, value: Uint8Array | null): number {
  return key.length + (value === null ? 0 : value.length) + STATE_CACHE_ENTRY_OVERHEAD_BYTES
}
