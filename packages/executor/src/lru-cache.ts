/** Bounded cache of large values: the least recently used goes first. */

export interface LruCache<Key, Value> {
  get(key: Key): Value | undefined
  set(key: Key, value: Value): void
  clear(): void
  sizeBytes(): number
}

/** At most `sizeMaxBytes` by the sum of `sizeOf`, but always the value set last. */
export function createLruCache<Key, Value>(
  sizeMaxBytes: number,
  sizeOf: (value: Value) => number,
): LruCache<Key, Value> {
  /** In the order of use. */
  const values = new Map<Key, Value>()
  let sizeBytes = 0

  const remove = (key: Key): Value | undefined => {
    const value = values.get(key)
    if (value === undefined) return undefined
    values.delete(key)
    sizeBytes -= sizeOf(value)
    return value
  }

  return {
    get: (key) => {
      const value = values.get(key)
      if (value === undefined) return undefined
      values.delete(key)
      values.set(key, value)
      return value
    },
    set: (key, value) => {
      remove(key)
      values.set(key, value)
      sizeBytes += sizeOf(value)
      for (const oldest of values.keys()) {
        if (sizeBytes <= sizeMaxBytes || oldest === key) break
        remove(oldest)
      }
    },
    clear: () => {
      values.clear()
      sizeBytes = 0
    },
    sizeBytes: () => sizeBytes,
  }
}
