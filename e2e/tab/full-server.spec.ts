/** Servers whose slots are taken: whom they keep (ADR 045). */
import { expect, test } from '@cairn/playwright'
import { waitForVerified } from './tab-page.ts'

test.use({
  cairn: { validators: 4, tabValidators: 1, heartbeatMs: 200, epochLengthBlocks: 100_000, inboundMax: 0 },
})

const TAB = 3
const SERVERS = 3
const SERVER_TRANSPORTS = /^(WebSocket|WebRTC direct)$/

test('full servers keep a validator tab, whose slot is reserved, and let a light tab go', async ({
  network,
  openValidatorTab,
  openTab,
}) => {
  test.setTimeout(180_000)
  const validator = await openValidatorTab(TAB)
  await validator.waitForVoting()
  const { page } = await openTab({ query: 'role=light' })
  const servers = (tab: typeof page) => tab.getByTestId('peers').getByRole('cell', { name: SERVER_TRANSPORTS })
  for (const tab of [validator.page, page]) await expect(servers(tab)).toHaveCount(SERVERS, { timeout: 60_000 })
  // For longer than a time on probation, 10 s. Whose is over goes, and may come back for as long where nobody wants the place.
  const counts: { validator: number; light: number }[] = []
  const end = network.maxHeight() + 60
  while (network.maxHeight() < end) {
    counts.push({ validator: await servers(validator.page).count(), light: await servers(page).count() })
  }
  expect(new Set(counts.map((count) => count.validator))).toEqual(new Set([SERVERS]))
  expect(Math.min(...counts.map((count) => count.light))).toBeLessThan(SERVERS)
  const before = await validator.votes()
  await network.waitForHeight(network.maxHeight() + 10)
  const latest = (votes: typeof before): number => Math.max(0, ...votes.map(({ view }) => Number(view)))
  expect(latest(await validator.votes())).toBeGreaterThan(latest(before))
})

test('a light tab that a full server lets go is served by another', async ({ startSolo, page }) => {
  const solo = await startSolo({ accounts: 20, blocks: 3 })
  const full = await solo.startServer({ slots: { inboundMax: 0, probationMs: 1_500 } })
  const roomy = await solo.startServer()
  await page.goto(`${await solo.startWeb([full, roomy])}?role=verifying&transport=ws`)
  for (const count of [1, 0]) await expect.poll(() => full.peers(), { timeout: 30_000, intervals: [100] }).toBe(count)
  await solo.grow(2)
  await waitForVerified(page, 5)
  expect(roomy.peers()).toBe(1)
  await expect(page.getByTestId('failure')).toHaveCount(0)
})
