/** Runs the tests of one file. Whatever a test throws fails that test alone. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type JsonObject, objectOf } from './fixture-value.ts'
import { type Report, Tally } from './report.ts'
import { type Suite, type SuiteFile, suites } from './suites.ts'

export interface Selection {
  /** Every tenth test of each folder only. */
  readonly tenth: boolean
  /** Only tests whose id (`suite/file test …`) contains this. */
  readonly filter: string
}

export function runFile(fixtures: string, file: SuiteFile, selection: Selection): Report {
  const suite = suites.find(({ name }) => name === file.suite)
  if (suite === undefined) throw new RangeError(`no suite ${file.suite}`)
  const tally = new Tally()
  const tests = objectOf(JSON.parse(readFileSync(join(fixtures, suite.folder, file.path), 'utf8')))
  const isWanted = (id: string): boolean => id.includes(selection.filter)
  for (const [name, test] of selectTests(suite, file, tests, selection)) {
    const id = `${suite.name}/${file.path} ${name}`
    try {
      suite.run(id, test, isWanted, tally)
    } catch (error) {
      if (isWanted(id)) tally.add(id, { expected: 'an answer of the core', actual: describe(error) })
    }
  }
  return tally.report()
}

/**
 * The sample takes a test where position of the file plus position of the test is a multiple of ten: every tenth file
 * where files hold one test, every tenth test where they hold many. Tests that can run and such that cannot are counted
 * apart, so that the sample is not made of skips.
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
  return [runnable, others].flatMap((group) => group.filter((_, index) => (file.position + index) % 10 === 0))
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? `${String(error.code)}: ` : ''
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return `${code}${error.message}${cause}`
}
