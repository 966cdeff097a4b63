/**
 * `npm run conformance`: Ethereum's own tests through the committed `core.wasm`. README.md in this folder has the
 * options. Exit code 0: all passed, or no fixtures here; 1: a test failed; 2: wrong arguments.
 */
import { parseArgs } from 'node:util'
import { CodedError } from '@cairn/primitives'
import { locateFixtures } from './fixtures.ts'
import { type Report, reportLine } from './report.ts'
import { runConformance } from './run-conformance.ts'
import { suites } from './suites.ts'

const options = readOptions()
try {
  const fixtures = locateFixtures(process.env)
  if (fixtures === undefined) console.log('skipped: fixtures not found')
  else await run(fixtures)
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
}

async function run(fixtures: string): Promise<void> {
  const startedMs = performance.now()
  const reports = await runConformance({ fixtures, ...options })
  for (const [suite, report] of reports) {
    console.log(reportLine(suite, report))
    if (options.failures) printFailures(report)
  }
  const failed = [...reports.values()].reduce((sum, report) => sum + report.failures.length, 0)
  const passed = [...reports.values()].reduce((sum, report) => sum + report.passed, 0)
  console.log(`${passed} passed, ${failed} failed, ${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
  if (failed === 0) return
  if (!options.failures) console.log('--failures prints each failed test')
  process.exitCode = 1
}

function printFailures(report: Report): void {
  for (const { test, expected, actual } of report.failures) {
    console.log(`  ${test}\n    expected ${expected}\n    actual   ${actual}`)
  }
}

function readOptions(): { tenth: boolean; only: string[]; filter: string; failures: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        tenth: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        filter: { type: 'string', default: '' },
        failures: { type: 'boolean', default: false },
      },
    })
    const unknown = values.only.find((name) => !suites.some((suite) => suite.name === name))
    if (unknown === undefined) return values
    console.error(`no suite ${unknown}: ${suites.map(({ name }) => name).join(', ')}`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
  }
  process.exit(2)
}
