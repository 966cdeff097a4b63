/**
 * A Vitest reporter that writes what `npm test` adds up: counts, and the reason of each skip, which Vitest's own
 * JSON leaves out. Written after each file, so that a run that is stopped still says what it did and what it was at.
 * The path of the result is in `CAIRN_TEST_COUNTS`.
 */
import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  /** One line each: name and reason. */
  readonly skipped: readonly string[]
}

/** What is in the file. */
export interface CountsFile extends TestCounts {
  /** Test files that were begun and not finished. */
  readonly unfinished: readonly string[]
  /** One line each: file, name, first line of the error. A run that is stopped prints nothing else of them. */
  readonly failures: readonly string[]
}

declare module 'vitest' {
  interface TaskMeta {
    /** Of a test or a suite that is skipped where this is so; `context.skip(note)` says it too. */
    skipReason?: string
  }
}

export default class CountReporter implements Reporter {
  private readonly counts = new Map<string, TestCounts>()
  private readonly begun = new Set<string>()
  private readonly failures = new Map<string, readonly string[]>()

  onTestModuleStart(testModule: TestModule): void {
    this.begun.add(testModule.relativeModuleId)
    this.write(0)
  }

  onTestModuleEnd(testModule: TestModule): void {
    this.counts.set(testModule.relativeModuleId, countTests(testModule))
    this.failures.set(testModule.relativeModuleId, failuresOf(testModule))
    this.begun.delete(testModule.relativeModuleId)
    this.write(0)
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    for (const testModule of modules) this.counts.set(testModule.relativeModuleId, countTests(testModule))
    this.write(unhandledErrors.length)
  }

  private write(unhandledErrors: number): void {
    const path = process.env.CAIRN_TEST_COUNTS
    if (path === undefined) return
    const all = [...this.counts.values()]
    const file: CountsFile = {
      passed: all.reduce((sum, { passed }) => sum + passed, 0),
      failed: all.reduce((sum, { failed }) => sum + failed, unhandledErrors),
      skipped: all.flatMap(({ skipped }) => skipped),
      unfinished: [...this.begun],
      failures: [...this.failures.values()].flat(),
    }
    writeFileSync(path, JSON.stringify(file))
  }
}

function countTests(testModule: TestModule): TestCounts {
  let passed = 0
  // A file that cannot be loaded, or a hook that fails, is a failure even where no test ran.
  let failed = testModule.errors().length
  const skipped: string[] = []
  for (const suite of testModule.children.allSuites()) failed += suite.errors().length
  for (const test of testModule.children.allTests()) {
    const result = test.result()
    if (result.state === 'passed') passed += 1
    else if (result.state === 'failed') failed += 1
    else skipped.push(`${test.fullName}: ${skipReasonOf(test) ?? 'no reason given'}`)
  }
  return { passed, failed, skipped }
}

function skipReasonOf(test: TestCase): string | undefined {
  const result = test.result()
  if (result.state === 'skipped' && result.note !== undefined) return result.note
  const own = test.meta().skipReason
  if (own !== undefined) return own
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) {
    const { skipReason } = parent.meta()
    if (skipReason !== undefined) return skipReason
  }
  return undefined
}

function failuresOf(testModule: TestModule): readonly string[] {
  const lines: string[] = []
  for (const test of testModule.children.allTests('failed')) {
    const message = test.result().errors?.[0]?.message.split('\n')[0] ?? 'no message'
    lines.push(`${testModule.relativeModuleId} › ${test.fullName}: ${message}`)
  }
  return lines
}
