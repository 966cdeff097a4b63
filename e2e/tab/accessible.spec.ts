/** What a machine can say about the page for people who do not see or point: axe on each state of it, at each width. */
import { expect, startSoloNetwork, test } from '@cairn/playwright'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { waitForVerified } from './tab-page.ts'

const WIDTHS = [320, 768, 1_280]
let stop: (() => Promise<void>) | undefined
let url: string

test.beforeAll(async () => {
  const solo = await startSoloNetwork({ accounts: 20, blocks: 4 })
  stop = solo.stop
  url = await solo.startWeb([await solo.startServer()])
})

test.afterAll(() => stop?.())

async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 })
    const { violations } = await new AxeBuilder({ page }).analyze()
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    expect(found, `${name}, ${width} px wide`).toEqual([])
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(overflow, `${name} scrolls sideways at ${width} px`).toBe(0)
    await page.screenshot({ path: `test-results/accessible-${name}-${width}.png`, fullPage: true })
  }
}

test('a tab that serves, dark and light', async ({ page }) => {
  await page.goto(`${url}?role=serving&transport=ws`)
  await waitForVerified(page, 4)
  await expect(page.getByTestId('chain-size')).toContainText('64.0 MiB', { timeout: 20_000 })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await expectAccessible(page, `serving-${colorScheme}`)
  }
})

test('a validator that waits for its passphrase', async ({ page }) => {
  await page.goto(`${url}?role=validator&transport=ws`)
  await expect(page.getByTestId('validator')).toBeVisible()
  await expectAccessible(page, 'validator')
})

test('a failure', async ({ page }) => {
  await page.goto(`${url}?genesis=0x${'00'.repeat(32)}`)
  await expect(page.getByTestId('failure')).toContainText('GENESIS_REFUSED', { timeout: 20_000 })
  await expectAccessible(page, 'failure')
})
