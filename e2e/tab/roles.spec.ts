/** How much of a node a tab is: chosen in the address and on the page. */
import { type Page, expect, test } from '@playwright/test'
import { DEV_ACCOUNTS } from '@cairn/cli'
import { startNetwork, type TestNetwork } from '@cairn/playwright/network'
import { verifiedHeight, waitForVerified } from './tab-page.ts'

let network: TestNetwork
let url: string

test.beforeAll(async () => {
  network = await startNetwork()
  url = await network.startWeb()
  await network.waitForHeight(3)
})

test.afterAll(async () => {
  await network?.stop()
})

const databases = (page: Page): Promise<readonly string[]> =>
  page.evaluate('indexedDB.databases().then((list) => list.map(({ name }) => name))')

test('a light tab follows certificates, proves balances, and executes and stores nothing of the chain', async ({
  page,
}) => {
  await page.goto(`${url}?role=light`)
  await waitForVerified(page, 3)
  const before = await verifiedHeight(page)
  await waitForVerified(page, before + 2)
  await expect(page.getByTestId('check-certificate')).toHaveAttribute('data-state', 'passed')
  await expect(page.getByTestId('check-execution')).toHaveAttribute('data-state', 'waiting')
  await expect(page.getByTestId('certificate-signers')).toHaveText(/^[34] of 4 validators$/)
  await page.getByLabel('Account address').fill(DEV_ACCOUNTS[0]?.address ?? '')
  await page.getByRole('button', { name: 'Look up' }).click()
  await expect(page.getByTestId('balance-proven')).toContainText('Merkle proof checked')
  expect((await databases(page)).filter((name) => /chain|state/.test(name))).toEqual([])
  await page.screenshot({ path: 'test-results/light-tab.png', fullPage: true })
})

test('a role chosen on the page is kept for the next visit', async ({ page }) => {
  await page.goto(`${url}?role=light`)
  await waitForVerified(page, 1)
  await page.getByRole('radio', { name: 'Verifying' }).click()
  await expect(page.getByTestId('check-execution')).toHaveAttribute('data-state', 'passed', { timeout: 30_000 })
  await page.goto(url)
  await expect(page.getByRole('radio', { name: 'Verifying' })).toBeChecked()
  await waitForVerified(page, 1)
})

test('a verifying tab answers nobody, a serving one does', async ({ browser }) => {
  // Two networks' worth of starts: validators, and four pages.
  test.setTimeout(300_000)
  const permissions = { permissions: ['camera', 'microphone'] }
  for (const [role, answers] of [
    ['verifying', false],
    ['serving', true],
  ] as const) {
    const [first, second] = [await browser.newContext(permissions), await browser.newContext(permissions)]
    const [a, b] = [await first.newPage(), await second.newPage()]
    await a.goto(`${url}?role=${role}`)
    await waitForVerified(a, 3)
    await b.goto(`${url}?role=light`)
    const otherTab = b.getByTestId('peers').getByRole('cell', { name: 'WebRTC', exact: true })
    await expect(otherTab).toHaveCount(1, { timeout: 30_000 })
    await Promise.all([0, 1, 2, 3].map((index) => network.kill(index)))
    // Only the other tab is left.
    await expect(b.getByTestId('peers').locator('tr')).toHaveCount(1, { timeout: 30_000 })
    await b.getByLabel('Account address').fill(DEV_ACCOUNTS[0]?.address ?? '')
    await b.getByRole('button', { name: 'Look up' }).click()
    await expect(b.getByTestId(answers ? 'balance-proven' : 'balance-refused')).toBeVisible({ timeout: 20_000 })
    await Promise.all([first.close(), second.close()])
    await Promise.all([0, 1, 2, 3].map((index) => network.start(index)))
  }
})
