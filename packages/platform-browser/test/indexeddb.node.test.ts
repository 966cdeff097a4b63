/** Drives Chromium through `indexeddb.browser.test.ts` and reports each of its tests. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { findChromium } from './chromium/find-chromium.ts'
import type { PageTestResult } from './chromium/page-vitest.ts'
import { openTestPage } from './chromium/test-page.ts'

/** What the page puts on its global object. */
interface PageGlobals {
  runTests(): Promise<readonly PageTestResult[]>
  /** Sizes of the three values it wrote, the second beyond the quota, and the number of records in the log. */
  writeBeyondQuota(): Promise<readonly (number | undefined)[]>
  appendForever(): Promise<never>
  readBack(): Promise<readonly number[]>
}

const entry = join(import.meta.dirname, 'indexeddb.browser.test.ts')
const executablePath = findChromium()
const outcome = executablePath === undefined ? undefined : await runInChromium(executablePath)

describe.skipIf(outcome === undefined)(
  'IndexedDB in Chromium',
  { meta: { skipReason: 'no Chromium (CAIRN_CHROMIUM)' } },
  () => {
    it.each(outcome?.tests ?? [])('$name', ({ error }) => expect(error).toBeUndefined())

    it('ran all suites', () => expect(outcome?.tests.length).toBeGreaterThanOrEqual(25))

    it('store and log keep what they had at the quota, say STORE_FULL, and go on with less', () => {
      expect(outcome?.beyondQuota).toEqual([10, undefined, 100, 2])
    })

    it('the log has every acknowledged record after the browser was killed', () => {
      const { acknowledged = 0, found = [] } = outcome ?? {}
      expect(acknowledged).toBeGreaterThanOrEqual(50)
      expect(found.length).toBeGreaterThanOrEqual(acknowledged)
      expect(found).toEqual(found.map((_, index) => (index + 1) % 256))
    })
  },
)

async function runInChromium(path: string) {
  await using testPage = await openTestPage(path, entry)
  const { page, origin } = testPage
  const beyondQuota = await writeBeyondQuota(page, origin.replace('localhost', '127.0.0.1'))
  await page.goto(origin)
  const tests = await page.evaluate(() => (globalThis as unknown as PageGlobals).runTests())
  const acknowledged = await appendUntil(page, 50)
  const reopened = await testPage.crashAndReopen()
  const found = await reopened.evaluate(() => (globalThis as unknown as PageGlobals).readBack())
  return { tests, beyondQuota, acknowledged, found }
}

/** On an origin of its own, because the browser remembers for a while how much room one has. */
async function writeBeyondQuota(page: Page, origin: string): Promise<readonly (number | undefined)[]> {
  const session = await page.context().newCDPSession(page)
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 })
  await page.goto(origin)
  return page.evaluate(() => (globalThis as unknown as PageGlobals).writeBeyondQuota())
}

/** Leaves the page in the middle of its appends. */
async function appendUntil(page: Page, countMin: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  await page.exposeFunction('acknowledge', (count: number) => {
    if (count >= countMin) resolve(count)
  })
  // Never resolves; rejects when the page goes away, which is expected once the count is reached.
  page.evaluate(() => (globalThis as unknown as PageGlobals).appendForever()).catch(reject)
  return promise
}
