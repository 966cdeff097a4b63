/** The page in Firefox, as it is installed: what the others show of Chromium, shortly. */
import type { Browser } from '@playwright/test'
import { expect, findFirefox, launchFirefox, test } from '@cairn/playwright'
import { SHARED } from './shared-network.ts'

test.use({ cairn: SHARED })

const executablePath = findFirefox()
let firefox: Browser

test.skip(executablePath === undefined, 'no Firefox (CAIRN_FIREFOX)')
test.beforeAll(async () => void (firefox = await launchFirefox(executablePath ?? '')))
test.afterAll(() => firefox?.close())

test('executes every block, proves a balance, and goes on from its store', async ({ network, openTab }) => {
  const context = await firefox.newContext()
  const tab = await openTab({ context, query: 'role=serving&transport=ws' })
  await tab.waitForHeight(5)
  const roots = await tab.stateRoots()
  for (const { height, stateRoot } of network.finalized(0)) expect(roots.get(height) ?? stateRoot).toBe(stateRoot)
  expect(roots.size).toBeGreaterThan(3)
  // Playwright's `fill` leaves a field empty in this Firefox.
  await tab.page.getByRole('button', { name: /^0x/ }).click()
  await tab.page.getByRole('button', { name: 'Look up' }).click()
  await expect(tab.page.getByTestId('balance-proven')).toContainText('Merkle proof checked')
  await tab.page.reload()
  await expect(tab.page.getByTestId('restored-height')).toHaveText(/up to/)
  await tab.waitForHeight(network.maxHeight())
  await context.close()
})

test('two tabs talk to each other by WebRTC', async ({ openTab }) => {
  const contexts = [await firefox.newContext(), await firefox.newContext()]
  const tabs = await Promise.all(contexts.map((context) => openTab({ context, query: 'role=serving' })))
  await Promise.all(tabs.map((tab) => tab.waitForHeight(3)))
  const transports = async () => ((await tabs[0]?.state())?.peers ?? []).map(({ transport }) => transport)
  await expect.poll(transports, { timeout: 60_000 }).toContain('webrtc')
  // WebRTC-direct does not come about here, and the page says what serves instead.
  const told = tabs[0]?.page.getByTestId('servers').locator('li').first()
  if (told !== undefined) await expect(told).toContainText(/WebRTC direct: .* \d+\.\d s; WebSocket in use\./)
  expect(await transports()).not.toContain('webrtc-direct')
  await tabs[0]?.page.screenshot({ path: 'test-results/firefox-servers.png', fullPage: true })
  await Promise.all(contexts.map((context) => context.close()))
})
