/** Quantiles over the most recent samples: what the status line and the summary print. */

export interface Quantiles {
  readonly count: number
  /** Milliseconds; 0 without samples. */
  readonly p50: number
  readonly p99: number
}

export interface LatencyWindow {
  add(valueMs: number): void
  quantiles(): Quantiles
}

/** Keeps the last `sizeMax` samples. */
export function createLatencyWindow(sizeMax: number): LatencyWindow {
  const samples: number[] = []
  let next = 0
  let count = 0
  return {
    add: (valueMs) => {
      samples[next] = valueMs
      next = (next + 1) % sizeMax
      count++
    },
    quantiles: () => {
      const sorted = samples.toSorted((a, b) => a - b)
      return { count, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
    },
  }
}

/** Nearest-rank quantile of ascending samples; 0 when there are none. */
export function quantile(sorted: readonly number[], fraction: number): number {
  if (sorted.length === 0) return 0
  const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil(fraction * sorted.length) - 1))
  return sorted[rank] ?? 0
}
