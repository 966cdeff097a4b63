/** What a tab can still say when nobody can be reached. */
import { expect, test } from '@cairn/playwright'
import { lookUp, waitForVerified } from './tab-page.ts'

test('reads its own verified state while nobody is connected', async ({ startSolo, openTabAt }) => {
  const solo = await startSolo({ blocks: 3 })
  const server = await solo.startServer()
  const { page } = await openTabAt(await solo.startWeb([server]))
  await waitForVerified(page, 3)
  await server.stop()
  await page.reload()
  await waitForVerified(page, 3)
  const [account] = solo.accounts
  await lookUp(page, account?.address)
  const proven = page.getByTestId('balance-proven')
  await expect(proven).toContainText('Merkle proof checked')
  await expect(proven).toContainText('Nobody is connected')
  await expect(proven).toContainText('at height 3')
  await expect(page.getByTestId('balance')).toContainText('10,000')
})
