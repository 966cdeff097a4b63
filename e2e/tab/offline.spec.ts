/** What a tab can still say when nobody can be reached. */
import { expect, test } from '@playwright/test'
import { createOwnChain, serveOwnPage, startOwnServer } from './own-network.ts'
import { verifiedHeight, waitForVerified } from './tab-page.ts'

test('reads its own verified state while nobody is connected', async ({ page }) => {
  const chain = await createOwnChain({ accounts: 1 })
  await chain.grow(3)
  const server = await startOwnServer(chain.genesisHash, chain)
  const site = await serveOwnPage(chain, [server.address])
  const funded = chain.spec.alloc.find(({ balance }) => balance > 0n)
  try {
    await page.goto(site.url)
    await waitForVerified(page, 3)
    await server.stop()
    await page.reload()
    await expect.poll(() => verifiedHeight(page), { timeout: 30_000 }).toBe(3)
    await page.getByLabel('Account address').fill(funded?.address ?? '')
    await page.getByRole('button', { name: 'Look up' }).click()
    await expect(page.getByTestId('balance-proven')).toContainText('Merkle proof checked')
    await expect(page.getByTestId('balance-proven')).toContainText('Nobody is connected')
    await expect(page.getByTestId('balance-proven')).toContainText('at height 3')
    const coins = (funded?.balance ?? 0n) / 10n ** 18n
    await expect(page.getByTestId('balance')).toContainText(coins.toLocaleString('en'))
  } finally {
    await site.stop()
    await server.stop()
    await chain.stop()
  }
})
