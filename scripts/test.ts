/**
 * `npm test`: everything. Installs Chromium where it can, builds the page, then the static checks, the WASM modules rebuilt where
 * their toolchain is, the unit tests, a campaign of the simulator, the integration tests (real networks of processes) and the tests of the page in Chromium. The last line is
 * `N passed, N failed`, with skips and their reasons if there are any.
 */
import { locateFixtures } from '../wasm-core/conformance/fixtures.ts'
import { buildWeb } from './build-web.ts'
import { campaignStep } from './campaign.ts'
import { ensureChromium } from './chromium.ts'
import { playwrightSuite } from './playwright-suite.ts'
import { rebuildSteps } from './wasm-artefacts.ts'
import { staticChecks } from './static-checks.ts'
import { conclude, runSteps, type Step } from './steps.ts'
import { vitestSuite } from './vitest-suite.ts'

const minuteMs = 60_000
const chromium = ensureChromium(console.log)
const fixtures = locateFixtures(process.env)
const environment = {
  ...('path' in chromium ? { CAIRN_CHROMIUM: chromium.path } : {}),
  ...(fixtures === undefined ? {} : { CAIRN_ETHEREUM_FIXTURES: fixtures }),
}

const buildPage: Step = {
  title: 'web page builds',
  run: async () => {
    try {
      await buildWeb(() => undefined)
      return { passed: 1, failed: 0, skipped: [], output: '' }
    } catch (error) {
      return { passed: 0, failed: 1, skipped: [], output: error instanceof Error ? error.message : String(error) }
    }
  },
}

conclude(
  await runSteps([
    ...staticChecks,
    ...rebuildSteps,
    buildPage,
    vitestSuite('unit tests', 'unit', 15 * minuteMs, environment),
    campaignStep,
    vitestSuite('integration tests', 'e2e', 14 * minuteMs, environment),
    playwrightSuite('page tests (Chromium)', 20 * minuteMs, () => chromium),
  ]),
)
