/**
 * `npm run sim -- --seeds N --nodes 4|7 --adversary all|none|silent|equivocator|twins|sign-everything|forger --seed S`
 * runs N seeds from S on and prints what they showed; exit 1 with the seed on a violation.
 */
import { parseArgs } from 'node:util'
import { ADVERSARIES, simulate } from './simulator/simulation.ts'
import type { Adversary } from './simulator/simulation.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '4' },
    adversary: { type: 'string', default: 'all' },
  },
})

const adversaries = ADVERSARIES.filter((adversary) => values.adversary === 'all' || adversary === values.adversary)
const nodes = Number(values.nodes)
const first = Number(values.seed)
const count = Number(values.seeds)
if (adversaries.length === 0 || ![nodes, first, count].every(Number.isSafeInteger) || nodes < 1) {
  console.error(`usage: sim --seeds N --seed S --nodes 4|7 --adversary all|${ADVERSARIES.join('|')}`)
  process.exit(2)
}

const startedAtMs = performance.now()
const healToCommitMs: number[] = []
let virtualMs = 0
let commits = 0
let events = 0
for (let seed = first; seed < first + count; seed++) {
  const adversary = adversaries[seed % adversaries.length] as Adversary
  const result = await simulate({ seed, nodes, adversary })
  virtualMs += result.virtualMs
  commits += result.height
  events += result.events
  if (result.violation !== undefined) {
    console.error(`seed ${seed} adversary ${adversary} nodes ${nodes}: ${result.violation}`)
    console.error(`again: npm run sim -- --seeds 1 --seed ${seed} --nodes ${nodes} --adversary ${adversary}`)
    process.exit(1)
  }
  healToCommitMs.push(result.healToCommitMs)
}

const elapsedMs = performance.now() - startedAtMs
healToCommitMs.sort((a, b) => a - b)
const quantile = (share: number): number => Math.round(healToCommitMs[Math.floor(share * (count - 1))] ?? 0)
console.log(`${count} seeds, ${nodes} nodes, ${adversaries.join(' ')}: no violation`)
console.log(`${commits} heights committed, ${events} events`)
console.log(`heal → next commit: p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, max ${quantile(1)} ms (virtual)`)
console.log(`${((count / elapsedMs) * 1000).toFixed(1)} seeds/s, ${(virtualMs / elapsedMs).toFixed(0)} × real time`)
