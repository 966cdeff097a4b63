/** Who answers others: a tab's role says. */
import { expect, test } from '@cairn/playwright'
import { lookUp } from './tab-page.ts'

test.use({ cairn: { heartbeatMs: 200 } })

test('a verifying tab answers nobody, a serving one does', async ({ network, openTab }) => {
  // Two networks' worth of starts: validators, and four pages.
  test.setTimeout(300_000)
  for (const [role, answers] of [
    ['verifying', false],
    ['serving', true],
  ] as const) {
    const other = await openTab({ query: `role=${role}` })
    await other.waitForHeight(3)
    const light = await openTab({ query: 'role=light' })
    const { page: b } = light
    const otherTab = b.getByTestId('peers').getByRole('cell', { name: 'WebRTC', exact: true })
    await expect(otherTab).toHaveCount(1, { timeout: 30_000 })
    await Promise.all([0, 1, 2, 3].map((index) => network.shutDown(index)))
    // Only the other tab is left.
    await expect(b.getByTestId('peers').locator('tr')).toHaveCount(1, { timeout: 30_000 })
    await lookUp(b, network.accounts[0]?.address)
    await expect(b.getByTestId(answers ? 'balance-proven' : 'balance-refused')).toBeVisible({ timeout: 20_000 })
    await Promise.all([other.close(), light.close()])
    if (!answers) await Promise.all([0, 1, 2, 3].map((index) => network.start(index)))
  }
})
