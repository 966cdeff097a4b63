/** How much of a node a tab is: chosen in the address and on the page. */
import type { Page } from '@playwright/test'
import { expect, test } from '@cairn/playwright'
import { SHARED } from './shared-network.ts'
import { lookUp, verifiedHeight, waitForVerified } from './tab-page.ts'

test.use({ cairn: SHARED })

/** The part of the page's `cairn` that is needed. */
interface Client {
  balance(address: string | undefined): Promise<unknown>
}

/** In the page: as soon as it has a client. */
const ASK_AT_ONCE = (address: string | undefined): void => {
  let client: Client | undefined
  Object.defineProperty(globalThis, 'cairn', {
    get: () => client,
    set: (set: Client) => {
      client = set
      Object.assign(globalThis, { early: set.balance(address) })
    },
  })
}

const databases = (page: Page): Promise<readonly string[]> =>
  page.evaluate('indexedDB.databases().then((list) => list.map(({ name }) => name))')

test('a light tab follows certificates, proves balances, and executes and stores nothing of the chain', async ({
  network,
  openTab,
}) => {
  const { page } = await openTab({ query: 'role=light' })
  await waitForVerified(page, 3)
  const before = await verifiedHeight(page)
  await waitForVerified(page, before + 2)
  await expect(page.getByTestId('check-certificate')).toHaveAttribute('data-state', 'passed')
  await expect(page.getByTestId('check-execution')).toHaveAttribute('data-state', 'omitted')
  await expect(page.getByTestId('core-hash')).toContainText('Not loaded')
  await expect(page.getByTestId('certificate-signers')).toHaveText(/^[34] of 4 validators$/)
  await lookUp(page, network.accounts[0]?.address)
  await expect(page.getByTestId('balance-proven')).toContainText('Merkle proof checked')
  expect((await databases(page)).filter((name) => /cairn-(chain|state)-/.test(name))).toEqual([])
  await page.screenshot({ path: 'test-results/light-tab.png', fullPage: true })
})

test('a balance asked for at once, with the node’s worker not loaded yet, is proved', async ({ network, openTab }) => {
  const address = network.accounts[0]?.address
  for (const role of ['light', 'serving']) {
    const { page } = await openTab({
      query: `role=${role}`,
      prepare: (prepared) => prepared.addInitScript(ASK_AT_ONCE, address),
    })
    const answer = await page.evaluate('early')
    expect(answer).toMatchObject({ proven: { address: address?.toLowerCase(), exists: true, isExecuted: false } })
    await waitForVerified(page, 1)
  }
})

test('a role chosen on the page is kept for the next visit', async ({ url, openTab }) => {
  const { page } = await openTab({ query: 'role=light' })
  await waitForVerified(page, 1)
  await page.getByRole('radio', { name: 'Verifying' }).click()
  await expect(page.getByTestId('check-execution')).toHaveAttribute('data-state', 'passed', { timeout: 30_000 })
  await page.goto(url)
  await expect(page.getByRole('radio', { name: 'Verifying' })).toBeChecked()
  await waitForVerified(page, 1)
})
