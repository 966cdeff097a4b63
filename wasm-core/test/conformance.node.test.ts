/** A tenth of Ethereum's own tests, every tenth of each folder; all of them: `npm run conformance`. */
import { expect, test } from 'vitest'
import { locateFixtures } from '../conformance/fixtures.ts'
import { runConformance } from '../conformance/run-conformance.ts'
import { suites } from '../conformance/suites.ts'

const timeoutMs = 300_000

test(
  'the committed core conforms to a stratified tenth of the official tests',
  { timeout: timeoutMs },
  async (context) => {
    const fixtures = locateFixtures(process.env)
    if (fixtures === undefined) return context.skip('fixtures not found')
    const reports = await runConformance({ fixtures, tenth: true, only: [], filter: '' })
    expect([...reports.keys()]).toEqual(suites.map(({ name }) => name))
    for (const report of reports.values()) {
      expect(report.failures).toEqual([])
      expect(report.passed).toBeGreaterThan(0)
    }
  },
)
