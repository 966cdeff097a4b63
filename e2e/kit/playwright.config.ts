/** Tests that fail on purpose: `failure-report.node.test.ts` looks at what their report has. */
import { defineConfig } from '@playwright/test'
import { cairnLaunchOptions } from '@cairn/playwright/chromium'

export default defineConfig({
  testMatch: 'failing.ts',
  workers: 1,
  use: {
    permissions: ['camera', 'microphone'],
    launchOptions: cairnLaunchOptions(),
    trace: 'retain-on-failure',
  },
})
