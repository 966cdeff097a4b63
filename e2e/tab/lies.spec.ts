/** What the page refuses, whoever signs or serves it. */
import { expect, test } from '@playwright/test'
import { DEV_ACCOUNTS } from '@cairn/cli'
import { type DishonestNetwork, type Lie, startDishonestNetwork } from './dishonest-network.ts'
import { verifiedHeight, waitForVerified } from './tab-page.ts'

let network: DishonestNetwork | undefined

test.afterEach(async ({ page }) => {
  // An open page keeps its connections, which a graceful stop would wait for.
  await page.close()
  await network?.stop()
  network = undefined
})

async function start(lie: Lie): Promise<string> {
  network = await startDishonestNetwork(lie)
  return network.url
}

test('stops with a red banner at a block that its validators signed but that does not execute to its root', async ({
  page,
}) => {
  await page.goto(await start('root'))
  await expect(page.getByTestId('failure')).toContainText('block 2 does not re-execute to its claimed root', {
    timeout: 30_000,
  })
  expect(await verifiedHeight(page)).toBe(1)
})

test('refuses a certificate whose signature does not verify', async ({ page }) => {
  await page.goto(await start('certificate'))
  await expect(page.getByTestId('refused')).toContainText('SYNC_BAD_CERTIFICATE', { timeout: 30_000 })
  await waitForVerified(page, 1)
  expect(await verifiedHeight(page)).toBe(1)
})

test('refuses block data that are not what was signed', async ({ page }) => {
  await page.goto(await start('data'))
  await expect(page.getByTestId('refused')).toContainText('SYNC_BAD_BLOCK_DATA', { timeout: 30_000 })
  await waitForVerified(page, 1)
  expect(await verifiedHeight(page)).toBe(1)
})

test('refuses a balance whose proof does not lead to the verified root', async ({ page }) => {
  await page.goto(await start('proof'))
  await waitForVerified(page, 2)
  await page.getByLabel('Account address').fill(DEV_ACCOUNTS[0]?.address ?? '')
  await page.getByRole('button', { name: 'Look up' }).click()
  await expect(page.getByTestId('balance-refused')).toContainText('PROOF_INVALID')
  await expect(page.getByTestId('check-proof')).toHaveAttribute('data-state', 'failed')
})
