/** Entry of a page in which Chromium runs seeds: puts `runSeeds` on `globalThis`. */
import type { Adversary } from './simulator/run.ts'
import { simulate } from './simulator/simulation.ts'
import type { SimulationResult } from './simulator/simulation.ts'

export interface PageSeed {
  readonly seed: number
  readonly nodes: number
  readonly adversary: Adversary
}

export async function runSeeds(seeds: readonly PageSeed[]): Promise<readonly SimulationResult[]> {
  const results: SimulationResult[] = []
  for (const seed of seeds) results.push(await simulate(seed))
  return results
}

Object.assign(globalThis, { runSeeds, ready: true })
