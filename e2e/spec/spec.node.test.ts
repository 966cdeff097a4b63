/** The short form of `npm run spec`: one view, and one broken rule that must be found. */
import { expect, test } from 'vitest'
import { SPEC_RUNS, findChecker, runSpec } from '../../scripts/spec-checker.ts'

test('the model holds within one view, and a broken rule is found', async (context) => {
  const checker = findChecker()
  if (checker === undefined) return context.skip('tla-checker is not installed: `npm run spec` installs it')
  const run = (name: string) => SPEC_RUNS.find((candidate) => candidate.name === name) as (typeof SPEC_RUNS)[number]
  const equal = await runSpec(checker, run('equal'), 1)
  expect(equal.result).toBe('exhausted, every invariant holds')
  expect(Number(equal.states)).toBeGreaterThan(50)
  const broken = await runSpec(checker, run('notarize-twice'), 1)
  expect(broken.result).toBe('InvOneNotarization violated after 4 steps')
})
