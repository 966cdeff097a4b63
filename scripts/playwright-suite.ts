/** The tests that drive the page in Chromium, as a step. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestCounts } from './count-reporter.ts'
import { runNode } from './run-command.ts'
import type { Step } from './steps.ts'

/** What is read of Playwright's JSON report. */
interface Report {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number }
  readonly suites: readonly ReportSuite[]
  readonly errors: readonly unknown[]
}
interface ReportSuite {
  readonly suites?: readonly ReportSuite[]
  readonly specs: readonly {
    readonly title: string
    readonly tests: readonly {
      readonly status: string
      readonly annotations: readonly { type: string; description?: string }[]
    }[]
  }[]
}

/** `chromiumPath` undefined: no browser, which fails with `reason`. */
export function playwrightSuite(
  title: string,
  timeoutMs: number,
  findBrowser: () => { path: string } | { reason: string },
): Step {
  return {
    title,
    run: async () => {
      const browser = findBrowser()
      if ('reason' in browser) return { passed: 0, failed: 1, skipped: [], output: browser.reason }
      const directory = mkdtempSync(join(tmpdir(), 'cairn-test-'))
      const reportPath = join(directory, 'report.json')
      try {
        const { ok, output } = await runNode(['node_modules/@playwright/test/cli.js', 'test', '--reporter=line,json'], {
          timeoutMs,
          env: { CAIRN_CHROMIUM: browser.path, PLAYWRIGHT_JSON_OUTPUT_FILE: reportPath },
        })
        const counts = readReport(reportPath)
        return { ...counts, failed: ok ? counts.failed : Math.max(1, counts.failed), output }
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  }
}

function readReport(path: string): TestCounts {
  let report: Report
  try {
    report = JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return { passed: 0, failed: 0, skipped: [] }
  }
  const { expected, flaky, unexpected } = report.stats
  return {
    passed: expected + flaky,
    failed: unexpected + report.errors.length,
    skipped: report.suites.flatMap(skippedIn),
  }
}

function skippedIn(suite: ReportSuite): string[] {
  const own = suite.specs.flatMap((spec) =>
    spec.tests
      .filter((test) => test.status === 'skipped')
      .map((test) => {
        const reason = test.annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description
        return `${spec.title}: ${reason ?? 'no reason given'}`
      }),
  )
  return [...own, ...(suite.suites ?? []).flatMap(skippedIn)]
}
