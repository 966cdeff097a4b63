/** What an executor may keep in memory beyond its pending blocks, in bytes. Named once, handed down to the caches. */

export interface ExecutorMemoryBudget {
  /** Keys, values and overhead of the cache over the state store. */
  readonly stateCacheMaxBytes: number
  /** The core's own trie records, by their hash. */
  readonly coreCacheMaxBytes: number
  /** The core's instance is made anew once its whole memory is larger: WebAssembly memory never shrinks. */
  readonly coreMemoryMaxBytes: number
  /** Decoded undo lists, for reads of older state. */
  readonly historyCacheMaxBytes: number
}

/** Where the platform names nothing else: small enough for a tab. */
export const DEFAULT_MEMORY_BUDGET: ExecutorMemoryBudget = {
  stateCacheMaxBytes: 64 * 1024 * 1024,
  coreCacheMaxBytes: 32 * 1024 * 1024,
  coreMemoryMaxBytes: 512 * 1024 * 1024,
  historyCacheMaxBytes: 16 * 1024 * 1024,
}
