/** Collects what every validator reports into the one JSON line that ends a bounded run. */
import { type FinalizedBlockMeasure, quantile } from '@cairn/node'

export interface RunSummary {
  /** Highest height that every validator has finalized. */
  readonly height: number
  readonly finalityMsP50: number
  readonly finalityMsP99: number
  readonly txFinalityMsP50: number
  readonly txPerSecond: number
  /** Root at `height`, as the first validator computed it. */
  readonly stateRoot: string
  /** Every validator computed the same root at every height they all finalized in this run. */
  readonly rootsIdentical: boolean
}

export interface RunCollector {
  add(index: number, block: FinalizedBlockMeasure): void
  /** Highest height that all validators have reached. */
  commonHeight(): number
  summary(): RunSummary
}

export function createRunCollector(validatorCount: number): RunCollector {
  const roots: Map<number, string>[] = Array.from({ length: validatorCount }, () => new Map<number, string>())
  const heads = Array.from({ length: validatorCount }, () => 0)
  const finalityMs: number[] = []
  const transactionFinalityMs: number[] = []
  let transactionCount = 0
  let firstAtMs: number | undefined
  let lastAtMs = 0

  const commonHeight = (): number => Math.min(...heads)
  return {
    add: (index, block) => {
      roots[index]?.set(block.height, block.stateRoot)
      heads[index] = Math.max(heads[index] ?? 0, block.height)
      if (block.finalityMs !== undefined) finalityMs.push(block.finalityMs)
      transactionFinalityMs.push(...block.transactionFinalityMs)
      if (index !== 0) return
      lastAtMs = performance.now()
      firstAtMs ??= lastAtMs
      transactionCount += block.transactionCount
    },
    commonHeight,
    summary: () => {
      const height = commonHeight()
      const first = roots[0] ?? new Map<number, string>()
      const elapsedMs = lastAtMs - (firstAtMs ?? lastAtMs)
      return {
        height,
        finalityMsP50: rounded(quantileOf(finalityMs, 0.5)),
        finalityMsP99: rounded(quantileOf(finalityMs, 0.99)),
        txFinalityMsP50: rounded(quantileOf(transactionFinalityMs, 0.5)),
        txPerSecond: elapsedMs === 0 ? 0 : rounded((transactionCount * 1_000) / elapsedMs),
        stateRoot: first.get(height) ?? '',
        rootsIdentical: first.has(height) && haveSameRoots(roots, height),
      }
    },
  }
}

function haveSameRoots(roots: readonly ReadonlyMap<number, string>[], heightMax: number): boolean {
  const reference = roots[0]
  if (reference === undefined) return false
  for (const [height, root] of reference) {
    if (height > heightMax) continue
    for (const other of roots) {
      const otherRoot = other.get(height)
      if (otherRoot !== undefined && otherRoot !== root) return false
    }
  }
  return roots.every((own) => own.has(heightMax))
}

function quantileOf(samples: readonly number[], fraction: number): number {
  return quantile(
    samples.toSorted((a, b) => a - b),
    fraction,
  )
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}
