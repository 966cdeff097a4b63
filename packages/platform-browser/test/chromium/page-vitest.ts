/**
 * Stands in for `vitest` in a test page: the bundler aliases the module to this file. Registers what `*.browser.test.ts`
 * files define; the driver then calls `runTests`. Only what those files use.
 */

/** Outcome of one test; `error` is absent when it passed. */
export interface PageTestResult {
  readonly name: string
  readonly error?: string
}

type Step = () => unknown

interface Suite {
  readonly name: string
  readonly before: Step[]
  readonly after: Step[]
}

interface Test {
  readonly name: string
  readonly suites: readonly Suite[]
  readonly run: Step
}

const tests: Test[] = []
let suites: readonly Suite[] = [{ name: '', before: [], after: [] }]

export function describe(name: string, define: () => void): void {
  const outer = suites
  suites = [...outer, { name, before: [], after: [] }]
  define()
  suites = outer
}

export function it(name: string, run: Step): void {
  const path = [...suites.map((suite) => suite.name), name].filter((each) => each !== '')
  tests.push({ name: path.join(' > '), suites, run })
}

export function beforeEach(step: Step): void {
  suites.at(-1)?.before.push(step)
}

export function afterEach(step: Step): void {
  suites.at(-1)?.after.push(step)
}

/** Runs everything registered, one after the other. */
async function runTests(): Promise<readonly PageTestResult[]> {
  const results: PageTestResult[] = []
  for (const { name, run, suites: around } of tests) {
    const before = around.flatMap((suite) => suite.before)
    const after = around.flatMap((suite) => suite.after).reverse()
    const error = (await failureOf([...before, run])) ?? (await failureOf(after))
    results.push(error === undefined ? { name } : { name, error })
  }
  return results
}

async function failureOf(steps: readonly Step[]): Promise<string | undefined> {
  try {
    for (const step of steps) await step()
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)
  }
  return undefined
}

Object.assign(globalThis, { runTests })
