/**
 * `npm run chaos -- --minutes 10 [--seed S] [--nodes 4|5|6|7]`: real validators under kills, cuts, delay, loss, wrong clocks,
 * pauses and full disks. Prints the schedule as it goes and one table at the end; exit 1 on a violation.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type ChaosReport, runChaos } from './chaos.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    nodes: { type: 'string', default: '4' },
  },
})
const seed = Number(values.seed ?? randomInt(1, 1_000_000))
const nodes = Number(values.nodes)
const minutes = Number(values.minutes)
if (!Number.isSafeInteger(seed) || !(minutes > 0) || ![4, 5, 6, 7].includes(nodes)) {
  console.error('usage: chaos --minutes M --seed S --nodes 4|5|6|7')
  process.exit(2)
}

console.log(`seed ${seed}, ${nodes} validators, ${minutes} minutes, links through fault-injecting UDP proxies`)
const startedMs = performance.now()
const report = await runChaos({
  seed,
  nodes,
  durationMs: minutes * 60_000,
  print: (line) => console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}`),
})
for (const [name, value] of rows(report)) console.log(`${name.padEnd(34)} ${value}`)
if (report.violations.length > 0)
  console.log(`again: npm run chaos -- --minutes ${minutes} --seed ${seed} --nodes ${nodes}`)
process.exit(report.violations.length > 0 ? 1 : 0)

function rows(of: ChaosReport): readonly (readonly [string, string])[] {
  const { stores } = of
  const disk = of.canFillDisk ? `${of.diskFullStops}` : 'not tried: mounting a small file system needs root'
  return [
    ['seed, validators', `${seed}, ${nodes}`],
    ['rounds, time', `${of.rounds}, ${(of.elapsedMs / 60_000).toFixed(1)} min`],
    [
      'faults',
      Object.entries(of.faults)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', '),
    ],
    ['SIGKILLs', `${of.kills}`],
    ['stops by a full disk (STORE_FULL)', disk],
    ['heights in every store', `${stores.commonHeight}`],
    ['heal → next final', quantiles(of.healToFinalMs)],
    ['heal → final everywhere', quantiles(of.healToAllMs)],
    ['transfers accepted, finalized', `${of.transfersAccepted}, ${stores.transactions}`],
    ['blocks read, certificates verified', `${stores.blocksRead}, ${stores.certificatesVerified}`],
    ['own votes checked', `${of.votesChecked}`],
    ['violations', `${of.violations.length}`],
  ]
}

function quantiles(ascendingMs: readonly number[]): string {
  const at = (share: number): string => {
    const ms = ascendingMs[Math.ceil(share * ascendingMs.length) - 1] ?? Number.NaN
    return `${(ms / 1000).toFixed(2)} s`
  }
  return `p50 ${at(0.5)}, p99 ${at(0.99)} of ${ascendingMs.length}`
}
