/**
 * The simulator's campaign of `npm test` (reliability goal 1: at least 10 000 seeds without a conflicting commit in CI): each
 * seed against one adversary after the other, none and mixed included. Always the same seeds; a night's run takes others.
 */
import { runNode } from './run-command.ts'
import type { Step, StepResult } from './steps.ts'

/**
 * 10 000 seeds, about 150 s of CPU: 11 ms a seed at n = 4, 25 at 7, 74 at 13, 340 at 25. In some all votes go to collectors, as
 * they do above 64 validators.
 */
const BATCHES = [
  { nodes: 4, seeds: 4_000, firstSeed: 1, collectorsAbove: undefined },
  { nodes: 4, seeds: 4_000, firstSeed: 4_001, collectorsAbove: undefined },
  { nodes: 4, seeds: 1_200, firstSeed: 1, collectorsAbove: 0 },
  { nodes: 7, seeds: 400, firstSeed: 1, collectorsAbove: undefined },
  { nodes: 7, seeds: 200, firstSeed: 1, collectorsAbove: 4 },
  { nodes: 13, seeds: 120, firstSeed: 1, collectorsAbove: undefined },
  { nodes: 13, seeds: 60, firstSeed: 1, collectorsAbove: 4 },
  { nodes: 25, seeds: 20, firstSeed: 1, collectorsAbove: 4 },
] as const
const BATCH_MAX_MS = 10 * 60_000

export const campaignStep: Step = {
  title: 'simulator campaign',
  run: async (): Promise<StepResult> => {
    const outputs: string[] = []
    let passed = 0
    for (const { nodes, seeds, firstSeed, collectorsAbove } of BATCHES) {
      const options = ['--nodes', String(nodes), '--seeds', String(seeds), '--seed', String(firstSeed)]
      if (collectorsAbove !== undefined) options.push('--collectors-above', String(collectorsAbove))
      const { ok, output } = await runNode(['packages/testing/src/sim-main.ts', ...options], {
        timeoutMs: BATCH_MAX_MS,
      })
      if (ok) passed++
      else outputs.push(output)
    }
    return { passed, failed: BATCHES.length - passed, skipped: [], output: outputs.join('\n') }
  },
}
