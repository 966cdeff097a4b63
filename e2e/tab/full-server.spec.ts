/** Servers whose slots are taken: whom they keep (ADR 045), and what the others are told (ADR 055). */
import type { Page } from '@playwright/test'
import { type TestNetwork, expect, test } from '@cairn/playwright'
import { waitForVerified } from './tab-page.ts'

test.use({
  cairn: { validators: 4, tabValidators: 1, heartbeatMs: 200, epochLengthBlocks: 100_000, inboundMax: 0 },
})

const TAB = 3
const SERVERS = 3
const FULL = /Server full: it keeps its places for validators\. Asked again at \d\d:\d\d:\d\d\./
/** At 200 ms each for longer than a time on probation, 10 s. */
const PROBATION_BLOCKS = 60
const SERVER_TRANSPORTS = /^(WebSocket|WebRTC direct)$/

test('full servers keep a validator tab, whose slot is reserved, and let a light tab go, which is told why and stays away', async ({
  network,
  openValidatorTab,
  openTab,
}) => {
  test.setTimeout(180_000)
  const validator = await openValidatorTab(TAB)
  await validator.waitForVoting()
  const servers = (tab: Page) => tab.getByTestId('peers').getByRole('cell', { name: SERVER_TRANSPORTS })
  await expect(servers(validator.page)).toHaveCount(SERVERS, { timeout: 60_000 })
  await network.waitForHeight(network.maxHeight() + PROBATION_BLOCKS)
  expect(await putOutCount(network)).toBe(0)

  // Whose probation is over goes, knows why, and does not come back while it is told to wait.
  const { page } = await openTab({ query: 'role=light' })
  await expect(servers(page)).toHaveCount(SERVERS, { timeout: 60_000 })
  await expect.poll(() => putOutCount(network), { timeout: 60_000 }).toBe(SERVERS)
  const told = page.getByTestId('servers').locator('li')
  await expect(told).toHaveCount(SERVERS)
  for (const line of await told.all()) await expect(line).toContainText(FULL)
  await page.screenshot({ path: 'test-results/servers-full.png', fullPage: true })
  await network.waitForHeight(network.maxHeight() + PROBATION_BLOCKS)
  expect(await putOutCount(network)).toBe(SERVERS)
  await expect(servers(page)).toHaveCount(0)
  await expect(servers(validator.page)).toHaveCount(SERVERS)
  const before = await validator.votes()
  await network.waitForHeight(network.maxHeight() + 10)
  const latest = (votes: typeof before): number => Math.max(0, ...votes.map(({ view }) => Number(view)))
  expect(latest(await validator.votes())).toBeGreaterThan(latest(before))
})

test('a tab that a full server lets go is served by another', async ({ startSolo, page }) => {
  const solo = await startSolo({ accounts: 20, blocks: 3 })
  const full = await solo.startServer({ slots: { inboundMax: 0, probationMs: 1_500 } })
  const roomy = await solo.startServer()
  await page.goto(`${await solo.startWeb([full, roomy])}?role=verifying&transport=ws`)
  for (const count of [1, 0]) await expect.poll(() => full.peers(), { timeout: 30_000, intervals: [100] }).toBe(count)
  const told = page.getByTestId('servers').locator('li')
  await expect(told).toHaveCount(1)
  await expect(told).toContainText(FULL)
  await expect(told).toContainText(full.peerId.slice(-8))
  await solo.grow(2)
  await waitForVerified(page, 5)
  expect(roomy.peers()).toBe(1)
  expect(full.peers()).toBe(0)
  await expect(page.getByTestId('failure')).toHaveCount(0)
})

/** How often the servers have closed a connection for which they had no slot. */
async function putOutCount(network: TestNetwork): Promise<number> {
  const texts = await Promise.all(
    Array.from({ length: SERVERS }, async (_, server) => {
      const text = await (await fetch(new URL('/metrics', network.rpcUrl(server)))).text()
      expect(text).toContain('cairn_network_peers')
      return text
    }),
  )
  const lines = texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('cairn_network_put_out_total'))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
