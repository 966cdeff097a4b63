/** The simulator notices rules that are broken on purpose: here the ones it notices soonest, all with `npm run sim:mutants`. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { patchSource } from '../src/mutants/mutant.ts'
import { MUTANTS } from '../src/mutants/mutants.ts'
import type { MutantOutcome } from '../src/mutants/mutant-worker.ts'
import { runMutants } from '../src/mutants/run-mutants.ts'

const SOON = [
  'finalize-after-nullify',
  'second-proposal-accepted',
  'notarize-without-execution',
  'weak-quorum',
  'certificate-not-verified',
  'vote-before-fsync',
  'wal-not-replayed',
  'standstill-too-often',
]
const SEEDS_MAX = 400

it.each(MUTANTS)('still fits the sources: $name', (mutant) => {
  for (const { file } of mutant.patches) {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    expect(patchSource(mutant, file, source)).not.toBe(source)
  }
})

it('notices rules that are broken on purpose', { timeout: 120_000 }, async () => {
  const outcomes: MutantOutcome[] = []
  await runMutants(SOON, SEEDS_MAX, (outcome) => outcomes.push(outcome))
  for (const { name, violation } of outcomes) {
    expect(violation ?? 'survived', name).toMatch(MUTANTS.find((mutant) => mutant.name === name)?.expected ?? /never/)
  }
  expect(outcomes).toHaveLength(SOON.length)
})
