/** Runs some seeds one after the other; stops at the first violation. */
import type { Adversary } from '../simulator/run.ts'
import { simulate } from '../simulator/simulation.ts'
import type { Shard, ShardResult } from './campaign.ts'

export async function runShard({ firstSeed, seeds, nodes, adversaries, collectorsAbove }: Shard): Promise<ShardResult> {
  const started = process.threadCpuUsage()
  const fog = { virtualMs: 0, cpuMs: 0 }
  const healToCommitMs: number[] = []
  const healToAllMs: number[] = []
  const sums = { virtualMs: 0, heights: 0, events: 0 }
  let failure: ShardResult['failure']
  let seed = firstSeed
  for (; seed < firstSeed + seeds && failure === undefined; seed++) {
    const adversary = adversaryOf(seed, adversaries)
    const before = process.threadCpuUsage()
    const result = await simulate({
      seed,
      nodes,
      adversary,
      ...(collectorsAbove === undefined ? {} : { collectorsAbove }),
    })
    if (result.idleMs > 0) {
      fog.virtualMs += result.virtualMs
      fog.cpuMs += millisecondsOf(process.threadCpuUsage(before))
    }
    sums.virtualMs += result.virtualMs
    sums.heights += result.height
    sums.events += result.events
    if (result.violation !== undefined) failure = { seed, adversary, violation: result.violation }
    else {
      healToCommitMs.push(result.healToCommitMs)
      healToAllMs.push(result.healToAllMs)
    }
  }
  const cpuMs = millisecondsOf(process.threadCpuUsage(started))
  return { seeds: seed - firstSeed, ...sums, cpuMs, fog, healToCommitMs, healToAllMs, failure }
}

function millisecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

/** Which adversary a seed runs against. */
export function adversaryOf(seed: number, adversaries: readonly Adversary[]): Adversary {
  return adversaries[seed % adversaries.length] ?? 'none'
}
