/** Runs the tests of one file. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type JsonObject, objectOf } from './fixture-value.ts'
import { type Report, Tally } from './report.ts'
import { SLOW_PARTS, type Suite, type SuiteFile, suites } from './suites.ts'

export interface Selection {
  /** Every tenth test of each folder only. */
  readonly tenth: boolean
  /** Only tests whose id (`suite/file test …`) contains this. */
  readonly filter: string
}

/** @throws where the file is not shaped as documented; what a test throws fails that test alone */
export function runFile(fixtures: string, file: SuiteFile, selection: Selection): Report {
  const suite = suites.find(({ name }) => name === file.suite)
  if (suite === undefined) throw new RangeError(`no suite ${file.suite}`)
  const tally = new Tally()
  const tests = objectOf(JSON.parse(readFileSync(join(fixtures, suite.folder, file.path), 'utf8')))
  let count = 0
  const isWanted = (id: string): boolean => {
    if (file.part !== undefined && count++ % SLOW_PARTS !== file.part) return false
    return id.includes(selection.filter)
  }
  for (const [name, test] of selectTests(suite, file, tests, selection)) {
    suite.run(`${suite.name}/${file.path} ${name}`, test, isWanted, tally)
  }
  return tally.report()
}

/**
 * The sample takes a test by the sum of the file's and its own position: every tenth file where files hold one test,
 * every tenth test where they hold many. It starts at a folder's third file (the first of `stTimeConsuming`
 * and the second of `vmPerformance` alone take longer than a sample may). Tests that can run and such that cannot are counted apart, so that the sample is not
 * made of skips.
 */
function selectTests(
  suite: Suite,
  file: SuiteFile,
  tests: JsonObject,
  selection: Selection,
): readonly (readonly [string, JsonObject])[] {
  const all = Object.keys(tests)
    .sort()
    .map((name) => [name, objectOf(tests[name])] as const)
  if (!selection.tenth) return all
  const runnable = all.filter(([, test]) => suite.isRunnable(test))
  const others = all.filter(([, test]) => !suite.isRunnable(test))
  const first = Math.min(2, file.siblings - 1)
  return [runnable, others].flatMap((group) => group.filter((_, index) => (file.position + index) % 10 === first))
}
