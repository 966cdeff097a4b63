/** The page in Chromium against real networks. One worker: each test has a network of processes of its own. */
import { defineConfig } from '@playwright/test'
import { cairnLaunchOptions } from '@cairn/playwright/chromium'

export default defineConfig({
  testDir: 'e2e/tab',
  testMatch: '**/*.spec.ts',
  timeout: 120_000,
  workers: 1,
  retries: 0,
  forbidOnly: process.env.CI !== undefined,
  reporter: [['line']],
  outputDir: 'test-results',
  use: {
    permissions: ['camera', 'microphone'],
    launchOptions: cairnLaunchOptions(),
    screenshot: 'only-on-failure',
    trace: 'off',
  },
})
