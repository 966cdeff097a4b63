/** Runs some seeds one after the other; stops at the first violation. */
import type { Adversary } from '../simulator/run.ts'
import { simulate } from '../simulator/simulation.ts'
import type { Shard, ShardResult } from './campaign.ts'

export async function runShard({ firstSeed, seeds, nodes, adversaries }: Shard): Promise<ShardResult> {
  const started = process.threadCpuUsage()
  const healToCommitMs: number[] = []
  const healToAllMs: number[] = []
  const sums = { virtualMs: 0, heights: 0, events: 0 }
  let failure: ShardResult['failure']
  let seed = firstSeed
  for (; seed < firstSeed + seeds && failure === undefined; seed++) {
    const adversary = adversaryOf(seed, adversaries)
    const result = await simulate({ seed, nodes, adversary })
    sums.virtualMs += result.virtualMs
    sums.heights += result.height
    sums.events += result.events
    if (result.violation !== undefined) failure = { seed, adversary, violation: result.violation }
    else {
      healToCommitMs.push(result.healToCommitMs)
      healToAllMs.push(result.healToAllMs)
    }
  }
  const used = process.threadCpuUsage(started)
  const cpuMs = (used.user + used.system) / 1000
  return { seeds: seed - firstSeed, ...sums, cpuMs, healToCommitMs, healToAllMs, failure }
}

/** Which adversary a seed runs against. */
export function adversaryOf(seed: number, adversaries: readonly Adversary[]): Adversary {
  return adversaries[seed % adversaries.length] ?? 'none'
}
