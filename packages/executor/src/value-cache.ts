/**
 * Bounded cache of store values, absence included.
 *
 * Two generations instead of a linked list: a hit in the young one costs a single lookup; when the young one would
 * outgrow half the budget it becomes the old one, whose entries move up when asked for and are forgotten otherwise.
 * Values lie packed in slabs: an array object of its own costs 400 bytes beside the value, a place in a slab 4.
 */
import { STATE_CACHE_ENTRY_OVERHEAD_BYTES, STATE_CACHE_SLAB_MAX_BYTES } from './limits.ts'

export interface ValueCache {
  /** A view, not to be changed. `null`: known to be absent; `undefined`: not in the cache. */
  get(key: string): Uint8Array | null | undefined
  /** Copies `value`. One that would not fit in half the budget is not kept. */
  set(key: string, value: Uint8Array | null): void
  clear(): void
  /** Slabs, keys and the map's estimated overhead; never above the budget. */
  sizeBytes(): number
}

export function createValueCache(sizeMaxBytes: number): ValueCache {
  const slabBytes = Math.min(STATE_CACHE_SLAB_MAX_BYTES, Math.max(4096, sizeMaxBytes >> 5))
  let young = createGeneration(slabBytes)
  let old = createGeneration(slabBytes)

  const set = (key: string, value: Uint8Array | null): void => {
    if (2 * (young.sizeBytes() + young.costOf(key, value)) > sizeMaxBytes) {
      old = young
      young = createGeneration(slabBytes)
      if (2 * young.costOf(key, value) > sizeMaxBytes) {
        // The value before it must not come back.
        old.remove(key)
        return
      }
    }
    young.set(key, value)
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
      young = createGeneration(slabBytes)
      old = createGeneration(slabBytes)
    },
    sizeBytes: () => young.sizeBytes() + old.sizeBytes(),
  }
}

interface Generation {
  get(key: string): Uint8Array | null | undefined
  set(key: string, value: Uint8Array | null): void
  remove(key: string): void
  /** By how much `set` would raise `sizeBytes`, at most. */
  costOf(key: string, value: Uint8Array | null): number
  sizeBytes(): number
}

/** An overwritten value's place is lost until the generation goes. */
function createGeneration(slabBytes: number): Generation {
  const places = new Map<string, number>()
  const slabs: Uint8Array[] = []
  let slab = new Uint8Array(0)
  let used = 0
  let sizeBytes = 0

  const isFitting = (length: number): boolean => used + LENGTH_BYTES + length <= slab.length

  return {
    get: (key) => {
      const place = places.get(key)
      if (place === undefined) return undefined
      if (place === ABSENT) return null
      const bytes = slabs[Math.floor(place / STATE_CACHE_SLAB_MAX_BYTES)] as Uint8Array
      const start = (place % STATE_CACHE_SLAB_MAX_BYTES) + LENGTH_BYTES
      return bytes.subarray(start, start + readLength(bytes, start - LENGTH_BYTES))
    },
    set: (key, value) => {
      if (!places.has(key)) sizeBytes += key.length + STATE_CACHE_ENTRY_OVERHEAD_BYTES
      if (value === null) {
        places.set(key, ABSENT)
        return
      }
      if (!isFitting(value.length)) {
        slab = new Uint8Array(Math.max(slabBytes, LENGTH_BYTES + value.length))
        used = 0
        slabs.push(slab)
        sizeBytes += slab.length
      }
      places.set(key, (slabs.length - 1) * STATE_CACHE_SLAB_MAX_BYTES + used)
      writeLength(slab, used, value.length)
      slab.set(value, used + LENGTH_BYTES)
      used += LENGTH_BYTES + value.length
    },
    remove: (key) => {
      places.delete(key)
    },
    costOf: (key, value) => {
      const entry = key.length + STATE_CACHE_ENTRY_OVERHEAD_BYTES
      if (value === null || isFitting(value.length)) return entry
      return entry + Math.max(slabBytes, LENGTH_BYTES + value.length)
    },
    sizeBytes: () => sizeBytes,
  }
}

/** Place of a key that is known to have no value. */
const ABSENT = -1
const LENGTH_BYTES = 4

function readLength(slab: Uint8Array, at: number): number {
  const [a, b, c, d] = [slab[at], slab[at + 1], slab[at + 2], slab[at + 3]] as [number, number, number, number]
  return a + 256 * b + 65_536 * c + 16_777_216 * d
}

function writeLength(slab: Uint8Array, at: number, length: number): void {
  slab[at] = length & 255
  slab[at + 1] = (length >>> 8) & 255
  slab[at + 2] = (length >>> 16) & 255
  slab[at + 3] = length >>> 24
}
