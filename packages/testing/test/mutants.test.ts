/** The simulator finds each rule that is broken on purpose; what it finds in none of these it may miss elsewhere. */
import { expect, it } from 'vitest'
import { MUTANTS } from '../src/simulator/mutants.ts'
import type { Mutant } from '../src/simulator/mutants.ts'
import { ADVERSARIES, simulate } from '../src/simulator/simulation.ts'
import type { Adversary } from '../src/simulator/simulation.ts'

const SEEDS_MAX = 400

/** Violations that show the mutant, not an accident. */
const EXPECTED: Readonly<Record<Mutant, RegExp>> = {
  'finalize-after-nullify': /SLASHABLE_VOTE|FINALIZED/,
  'weak-quorum': /BAD_CERTIFICATE|TWO_CERTIFICATES|FINALIZED/,
  'wal-not-replayed': /SLASHABLE_VOTE/,
  'gap-check-missing': /FINALIZED_CONFLICT|HALT|STALLED/,
  'blocks-not-persisted': /STALLED/,
}

it.each(MUTANTS)('kills %s', { timeout: 240_000 }, async (mutant) => {
  const found = await firstViolation(mutant)
  console.info(`${mutant}: seed ${found?.seed}, ${found?.adversary}: ${found?.violation}`)
  expect(found?.violation).toMatch(EXPECTED[mutant])
})

async function firstViolation(
  mutant: Mutant,
): Promise<{ readonly seed: number; readonly adversary: Adversary; readonly violation: string } | undefined> {
  for (let seed = 1; seed <= SEEDS_MAX; seed++) {
    const adversary = ADVERSARIES[seed % ADVERSARIES.length] ?? 'none'
    const { violation } = await simulate({ seed, nodes: 4, adversary, mutant })
    if (violation !== undefined) return { seed, adversary, violation }
  }
  return undefined
}
