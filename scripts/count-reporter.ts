/**
 * A Vitest reporter that writes what `npm test` adds up: counts, and the reason of each skip, which Vitest's own
 * JSON leaves out. The file's path is in `CAIRN_TEST_COUNTS`.
 */
import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

export interface TestCounts {
  readonly passed: number
  readonly failed: number
  /** One line each: name and reason. */
  readonly skipped: readonly string[]
}

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    const skipped: string[] = []
    for (const testModule of modules) {
      // A file that cannot be loaded, or a hook that fails, is a failure even where no test ran.
      failed += testModule.errors().length
      for (const suite of testModule.children.allSuites()) failed += suite.errors().length
      for (const test of testModule.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') passed += 1
        else if (result.state === 'failed') failed += 1
        else skipped.push(`${test.fullName}: ${('note' in result && result.note) || 'no reason given'}`)
      }
    }
    const counts: TestCounts = { passed, failed, skipped }
    const path = process.env.CAIRN_TEST_COUNTS
    if (path !== undefined) writeFileSync(path, JSON.stringify(counts))
  }
}
