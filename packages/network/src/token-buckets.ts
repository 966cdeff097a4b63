/** One token bucket per key, bounded in number: least recently used out first (a forgotten key starts full). */
import type { Clock } from '@cairn/ports'

export interface TokenBuckets {
  /** Takes one token; false when the bucket is empty. */
  take(key: string): boolean
  /** Milliseconds until `take` succeeds; 0 when it would now. */
  delayMs(key: string): number
}

export interface TokenBucketsOptions {
  readonly capacity: number
  readonly refillPerSecond: number
  readonly keysMax: number
}

interface Bucket {
  tokens: number
  atMs: number
}

/** @example `createTokenBuckets({ capacity: 2, refillPerSecond: 1, keysMax: 10 }, { clock }).take('peer')` */
export function createTokenBuckets(options: TokenBucketsOptions, deps: { readonly clock: Clock }): TokenBuckets {
  const buckets = new Map<string, Bucket>()

  function bucketOf(key: string): Bucket {
    const nowMs = deps.clock.monotonicMs()
    const known = buckets.get(key)
    const bucket = known ?? { tokens: options.capacity, atMs: nowMs }
    const gained = ((nowMs - bucket.atMs) / 1000) * options.refillPerSecond
    bucket.tokens = Math.min(options.capacity, bucket.tokens + gained)
    bucket.atMs = nowMs
    // Delete and set: a Map keeps insertion order, so the first key is the least recently used.
    if (known !== undefined) buckets.delete(key)
    buckets.set(key, bucket)
    if (buckets.size > options.keysMax) {
      const oldest = buckets.keys().next()
      if (oldest.done !== true) buckets.delete(oldest.value)
    }
    return bucket
  }

  return {
    take(key) {
      const bucket = bucketOf(key)
      if (bucket.tokens < 1) return false
      bucket.tokens -= 1
      return true
    },
    delayMs(key) {
      const bucket = bucketOf(key)
      return bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / options.refillPerSecond) * 1000)
    },
  }
}
