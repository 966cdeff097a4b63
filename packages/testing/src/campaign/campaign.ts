/**
 * Many seeds on several cores: a worker takes a share of the seeds at a time and reports what they showed. The first
 * violation, by seed and not by time, ends the campaign, so that it reports the same one however many cores there are.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Adversary } from '../simulator/run.ts'

export interface CampaignOptions {
  readonly firstSeed: number
  readonly seeds: number
  readonly nodes: number
  /** Seed s runs against adversary s mod length. */
  readonly adversaries: readonly Adversary[]
  /** As in `SimulationOptions`. */
  readonly collectorsAbove?: number | undefined
  /** As many as there are cores where it is `undefined`. */
  readonly workers: number | undefined
}

/** What some seeds showed. */
export interface ShardResult {
  readonly seeds: number
  /** All virtual time of all runs. */
  readonly virtualMs: number
  readonly cpuMs: number
  /** Of both, the part of the few runs with minutes of fog, which are cheaper by the second. */
  readonly fog: { readonly virtualMs: number; readonly cpuMs: number }
  readonly heights: number
  readonly events: number
  readonly healToCommitMs: readonly number[]
  readonly healToAllMs: readonly number[]
  readonly failure: CampaignFailure | undefined
}

export interface CampaignFailure {
  readonly seed: number
  readonly adversary: Adversary
  readonly violation: string
}

export interface CampaignResult extends ShardResult {
  readonly elapsedMs: number
}

/** Virtual time by elapsed time, and by a core's; the same without the runs with fog, in their share of the time. */
export function speedOf({ virtualMs, elapsedMs, cpuMs, fog }: CampaignResult) {
  const others = (virtualMs - fog.virtualMs) / (cpuMs - fog.cpuMs)
  return {
    realTime: virtualMs / elapsedMs,
    core: virtualMs / cpuMs,
    realTimeWithoutFog: (others * cpuMs) / elapsedMs,
    coreWithoutFog: others,
  }
}

/** What a worker is sent; it answers each with a `ShardResult`. */
export interface Shard {
  readonly firstSeed: number
  readonly seeds: number
  readonly nodes: number
  readonly adversaries: readonly Adversary[]
  readonly collectorsAbove?: number | undefined
}

const SHARD_SEEDS = 64
/** Large sets take seconds a seed: no worker is to wait long for the last shard of another one. */
const SHARD_NODES = 400

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const startedAtMs = performance.now()
  const shards = shardsOf(options)
  const count = Math.min(options.workers ?? availableParallelism(), shards.length)
  const results: ShardResult[] = []
  let hasFailed = false
  const work = async (worker: Worker): Promise<void> => {
    for (let shard = shards.shift(); shard !== undefined && !hasFailed; shard = shards.shift()) {
      const result = await ask(worker, shard)
      results.push(result)
      // Shards are handed out in order: the ones under way end, and the lowest seed is among them.
      hasFailed ||= result.failure !== undefined
    }
  }
  const workers = Array.from({ length: count }, () => new Worker(new URL('./campaign-worker.ts', import.meta.url)))
  try {
    await Promise.all(workers.map(work))
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return { ...joinResults(results), elapsedMs: performance.now() - startedAtMs }
}

function shardsOf({ firstSeed, seeds, nodes, adversaries, collectorsAbove }: CampaignOptions): Shard[] {
  const size = Math.min(SHARD_SEEDS, Math.max(1, Math.floor(SHARD_NODES / nodes)))
  const shards: Shard[] = []
  for (let done = 0; done < seeds; done += size) {
    const count = Math.min(size, seeds - done)
    shards.push({ firstSeed: firstSeed + done, seeds: count, nodes, adversaries, collectorsAbove })
  }
  return shards
}

function ask(worker: Worker, shard: Shard): Promise<ShardResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ShardResult>()
  const settle = (): void => {
    worker.off('message', onMessage)
    worker.off('error', onError)
  }
  const onMessage = (result: ShardResult): void => {
    settle()
    resolve(result)
  }
  const onError = (error: unknown): void => {
    settle()
    reject(error instanceof Error ? error : new Error(String(error)))
  }
  worker.on('message', onMessage)
  worker.on('error', onError)
  worker.postMessage(shard)
  return promise
}

function joinResults(results: readonly ShardResult[]): ShardResult {
  const sum = (of: (result: ShardResult) => number): number => results.reduce((total, result) => total + of(result), 0)
  const failures = results.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  return {
    seeds: sum((result) => result.seeds),
    virtualMs: sum((result) => result.virtualMs),
    cpuMs: sum((result) => result.cpuMs),
    fog: { virtualMs: sum((result) => result.fog.virtualMs), cpuMs: sum((result) => result.fog.cpuMs) },
    heights: sum((result) => result.heights),
    events: sum((result) => result.events),
    healToCommitMs: results.flatMap((result) => result.healToCommitMs).toSorted((a, b) => a - b),
    healToAllMs: results.flatMap((result) => result.healToAllMs).toSorted((a, b) => a - b),
    failure: failures.toSorted((a, b) => a.seed - b.seed)[0],
  }
}
