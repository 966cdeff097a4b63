/** Measures finality here: of blocks from their proposal's time, of transactions from their acceptance by this node. */
import type { Clock, Metrics } from '@cairn/ports'
import type { Hash, Height } from '@cairn/primitives'
import type { CommittedBlock } from './committer.ts'
import { type Quantiles, createLatencyWindow } from './latency-window.ts'
import { LATENCY_SAMPLES_MAX, LATENCY_TRACKED_MAX } from './limits.ts'

/** One finalized block as measured on this node. */
export interface FinalizedBlockMeasure {
  readonly height: Height
  /** The root that this node's own execution produced. */
  readonly stateRoot: Hash
  /** `undefined` for a block that sync brought: its finalization was not witnessed. */
  readonly finalityMs: number | undefined
  readonly transactionCount: number
  readonly transactionFinalityMs: readonly number[]
}

export interface FinalityMeter {
  onAccepted(hash: Hash): void
  /** A finalization of this block became known now. */
  onFinalized(hash: Hash): void
  /** After the commit. */
  onCommitted(committed: CommittedBlock): FinalizedBlockMeasure
  blocks(): Quantiles
  transactions(): Quantiles
  transactionCount(): number
}

export function createFinalityMeter(clock: Clock, metrics: Metrics): FinalityMeter {
  const blocks = createLatencyWindow(LATENCY_SAMPLES_MAX)
  const transactions = createLatencyWindow(LATENCY_SAMPLES_MAX)
  const acceptedAtMs = new Map<Hash, number>()
  const finalizedAtMs = new Map<Hash, number>()
  let transactionCount = 0
  return {
    onAccepted: (hash) => {
      acceptedAtMs.set(hash, clock.monotonicMs())
      dropOldest(acceptedAtMs, LATENCY_TRACKED_MAX)
    },
    onFinalized: (hash) => {
      finalizedAtMs.set(hash, clock.nowMs())
      dropOldest(finalizedAtMs, LATENCY_SAMPLES_MAX)
    },
    onCommitted: ({ block, execution, finalization }) => {
      const certifiedAtMs = finalizedAtMs.get(finalization.hash)
      if (finalization.hash === block.hash) finalizedAtMs.delete(block.hash)
      const finalityMs = certifiedAtMs === undefined ? undefined : Math.max(0, certifiedAtMs - block.header.timeMs)
      if (finalityMs !== undefined) {
        blocks.add(finalityMs)
        metrics.observe('block_finality_seconds', finalityMs / 1_000)
      }
      transactionCount += execution.transactions.length
      const transactionFinalityMs: number[] = []
      for (const { hash } of execution.transactions) {
        const since = acceptedAtMs.get(hash)
        if (since === undefined) continue
        acceptedAtMs.delete(hash)
        transactionFinalityMs.push(clock.monotonicMs() - since)
      }
      for (const latencyMs of transactionFinalityMs) {
        transactions.add(latencyMs)
        metrics.observe('transaction_finality_seconds', latencyMs / 1_000)
      }
      return {
        height: block.header.height,
        stateRoot: execution.stateRoot,
        finalityMs,
        transactionCount: execution.transactions.length,
        transactionFinalityMs,
      }
    },
    blocks: () => blocks.quantiles(),
    transactions: () => transactions.quantiles(),
    transactionCount: () => transactionCount,
  }
}

/** What never became final, or was committed by sync first, would stay for ever. */
function dropOldest(atMs: Map<Hash, number>, sizeMax: number): void {
  const oldest = atMs.keys().next()
  if (atMs.size > sizeMax && oldest.done !== true) atMs.delete(oldest.value)
}
