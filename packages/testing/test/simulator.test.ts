/** A thousand seeded runs of whole validators under every fault and adversary. A failure names its seed. */
import { describe, expect, it } from 'vitest'
import { ADVERSARIES, simulate } from '../src/simulator/simulation.ts'
import type { Adversary, SimulationResult } from '../src/simulator/simulation.ts'

const BATCHES = [
  { nodes: 4, seeds: 155 },
  { nodes: 7, seeds: 13 },
] as const
const BATCH_TIMEOUT_MS = 240_000

describe.each(BATCHES)('$nodes nodes, $seeds seeds each', ({ nodes, seeds }) => {
  it.each(ADVERSARIES)('holds every invariant and recovers: %s', { timeout: BATCH_TIMEOUT_MS }, async (adversary) => {
    const healToCommitMs: number[] = []
    for (let seed = 1; seed <= seeds; seed++) {
      const result = await simulate({ seed, nodes, adversary })
      expect(result.violation, reproduction(seed, nodes, adversary)).toBeUndefined()
      healToCommitMs.push(result.healToCommitMs)
    }
    healToCommitMs.sort((a, b) => a - b)
    const quantile = (share: number): number => Math.round(healToCommitMs[Math.floor(share * (seeds - 1))] ?? 0)
    console.info(`${nodes} nodes, ${adversary}: heal → commit p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`)
    expect(quantile(0.99)).toBeLessThan(20_000)
  })
})

describe('a run', () => {
  it.each(ADVERSARIES)('is the same for the same seed, event for event: %s', async (adversary) => {
    const results: SimulationResult[] = []
    for (let time = 0; time < 2; time++) results.push(await simulate({ seed: 77, nodes: 4, adversary }))
    expect(results[0]).toEqual(results[1])
    const other = await simulate({ seed: 78, nodes: 4, adversary })
    expect(other.traceHash).not.toBe(results[0]?.traceHash)
  })
})

function reproduction(seed: number, nodes: number, adversary: Adversary): string {
  return `npm run sim -- --seeds 1 --seed ${seed} --nodes ${nodes} --adversary ${adversary}`
}
