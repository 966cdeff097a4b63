/**
 * `npm run sim -- --seeds N --nodes 4|7|13|25 --adversary all|<name,…> --seed S` runs N seeds from S on, on all
 * cores, and prints what they showed. On a violation: the seed, the fewest faults that show it, the trace, exit 1.
 */
import { CodedError } from '@cairn/primitives'
import { runCampaign, speedOf } from './campaign/campaign.ts'
import type { CampaignFailure, CampaignResult } from './campaign/campaign.ts'
import { adversaryOf } from './campaign/run-shard.ts'
import { shrinkRun } from './campaign/shrink.ts'
import { parseSimOptions } from './sim-options.ts'
import type { SimOptions } from './sim-options.ts'
import { simulate } from './simulator/simulation.ts'

const TRACE_LINES_MAX = 200

try {
  const options = parseSimOptions(process.argv.slice(2))
  process.exitCode = await (options.isTraced || options.faults !== undefined ? runOne(options) : runAll(options))
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 2
}

async function runAll(options: SimOptions): Promise<number> {
  const result = await runCampaign(options)
  if (result.failure !== undefined) {
    await reportFailure(result.failure, options)
    return 1
  }
  printResult(result, options)
  return 0
}

/** One seed, with its trace where asked for. */
async function runOne(options: SimOptions): Promise<number> {
  const { firstSeed: seed, nodes, adversaries, collectorsAbove, faults, isTraced } = options
  const result = await simulate({
    seed,
    nodes,
    adversary: adversaryOf(seed, adversaries),
    ...(collectorsAbove === undefined ? {} : { collectorsAbove }),
    ...(faults === undefined ? {} : { faults }),
    ...(isTraced ? { onTrace: (line: string) => console.log(line) } : {}),
  })
  console.log(`seed ${seed}: ${result.violation ?? 'no violation'}`)
  console.log(`${result.height} heights, ${result.events} events, digest ${result.digest}`)
  return result.violation === undefined ? 0 : 1
}

async function reportFailure(failure: CampaignFailure, { nodes, collectorsAbove }: SimOptions): Promise<void> {
  const { seed, adversary, violation } = failure
  console.error(`seed ${seed} adversary ${adversary} nodes ${nodes}: ${violation}`)
  const collectors = collectorsAbove === undefined ? {} : { collectorsAbove }
  const flag = collectorsAbove === undefined ? '' : ` --collectors-above ${collectorsAbove}`
  const options = { seed, nodes, adversary, ...collectors }
  const { faults, result, trace } = await shrinkRun(options, await simulate(options))
  const shown = trace.slice(-TRACE_LINES_MAX)
  for (const line of shown) console.error(line)
  console.error(`the last ${shown.length} of ${trace.length} lines; ${result.violation}`)
  console.error(
    `shortest: npm run sim -- --seed ${seed} --nodes ${nodes} --adversary ${adversary}${flag} --faults "${faults.join(',')}" --trace`,
  )
  console.error(`again: npm run sim -- --seeds 1 --seed ${seed} --nodes ${nodes} --adversary ${adversary}${flag}`)
}

function printResult(result: CampaignResult, { nodes, adversaries, collectorsAbove }: SimOptions): void {
  const { seeds, elapsedMs, cpuMs } = result
  const quantile = (sorted: readonly number[], share: number): number =>
    Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
  const line = (sorted: readonly number[]): string =>
    `p50 ${quantile(sorted, 0.5)} ms, p99 ${quantile(sorted, 0.99)} ms, max ${quantile(sorted, 1)} ms (virtual)`
  console.log(
    `${seeds} seeds, ${nodes} nodes, ${adversaries.join(' ')}${collectorsAbove === undefined ? '' : `, collectors above ${collectorsAbove}`}: no violation`,
  )
  console.log(`${result.heights} heights committed, ${result.events} events`)
  console.log(`heal → next commit: ${line(result.healToCommitMs)}`)
  console.log(`heal → all caught up, all transactions in: ${line(result.healToAllMs)}`)
  const { realTime, core, realTimeWithoutFog, coreWithoutFog } = speedOf(result)
  console.log(
    `${((seeds / elapsedMs) * 3_600_000).toFixed(0)} seeds/hour, ${(cpuMs / seeds).toFixed(1)} ms of a core a seed; ` +
      `virtual time: ${realTime.toFixed(0)} × real time, ${core.toFixed(0)} × a core’s time`,
  )
  console.log(
    `without the runs with minutes of fog: ${realTimeWithoutFog.toFixed(0)} × real time, ${coreWithoutFog.toFixed(0)} × a core’s time`,
  )
}
