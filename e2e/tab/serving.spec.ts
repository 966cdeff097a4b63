/** Who answers others: a tab's role says. */
import { expect, test } from '@cairn/playwright'
import { lookUp } from './tab-page.ts'

for (const [role, answers] of [
  ['verifying', false],
  ['serving', true],
] as const) {
  test(`a ${role} tab ${answers ? 'answers others' : 'answers nobody'}`, async ({ startSolo, openTabAt }) => {
    // Young enough for a light tab's trust.
    const solo = await startSolo({ blocks: 3, genesisAgeMs: 60_000 })
    const server = await solo.startServer()
    // It leads tabs to each other and knows nothing itself.
    const relay = await solo.startRelay()
    const url = await solo.startWeb([server, relay])
    const [other, light] = await Promise.all([
      openTabAt(url, { query: `role=${role}` }),
      openTabAt(url, { query: 'role=light' }),
    ])
    const { page } = light
    const peers = page.getByTestId('peers').locator('tr')
    await Promise.all([other.waitForHeight(3), light.waitForHeight(3)])
    await expect(peers.filter({ has: page.getByRole('cell', { name: 'WebRTC', exact: true }) })).toHaveCount(1, {
      timeout: 30_000,
    })
    await server.stop()
    // Only the relay and the other tab are left.
    await expect(peers).toHaveCount(2, { timeout: 30_000 })
    await lookUp(page, solo.accounts[0]?.address)
    await expect(page.getByTestId(answers ? 'balance-proven' : 'balance-refused')).toBeVisible({ timeout: 20_000 })
  })
}
