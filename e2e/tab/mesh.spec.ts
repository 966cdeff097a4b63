/** Tabs among themselves, over WebRTC: they find each other over a relay and serve what they have verified. */
import type { Page } from '@playwright/test'
import { expect, test } from '@cairn/playwright'
import { blockRows, lookUp, verifiedHeight, waitForVerified } from './tab-page.ts'

test.use({ cairn: { heartbeatMs: 500 } })

test('tabs serve each other: a new one takes and proves everything from others when all validators are gone', async ({
  network,
  openTab,
}) => {
  const relay = await network.startRelay()
  const { page: a } = await openTab({ firstPeers: (servers) => [...servers, relay.address] })
  await waitForVerified(a, 3)
  // Of this tab's first peers none has a block.
  const { page: b } = await openTab({ firstPeers: () => [relay.address] })
  await waitForVerified(b, 3)
  await expect(b.getByTestId('peers')).toContainText('WebRTC')
  const before = await verifiedHeight(b)
  await waitForVerified(b, before + 5)

  await Promise.all([0, 1, 2, 3].map((index) => network.kill(index)))
  const end = await settledHeight(a)
  const { page: c } = await openTab({ firstPeers: () => [relay.address] })
  await waitForVerified(c, end)
  expect(await blockRows(c)).toEqual(await blockRows(a))
  await lookUp(c, network.accounts[0]?.address)
  await expect(c.getByTestId('balance-proven')).toContainText('Merkle proof checked')

  const transports = async (page: Page): Promise<readonly (string | undefined)[]> =>
    (await page.getByTestId('peers').locator('tr').allInnerTexts()).map((peer) => peer.split('\t')[1])
  // A link that is not made yet when the relay goes cannot be made any more.
  await expect(async () => {
    for (const page of [a, b, c]) {
      expect((await transports(page)).filter((transport) => transport === 'WebRTC')).toHaveLength(2)
    }
  }).toPass({ timeout: 60_000 })
  await relay.stop()
  await expect(async () => {
    for (const page of [a, b, c]) expect(await transports(page)).toEqual(['WebRTC', 'WebRTC'])
  }).toPass({ timeout: 60_000 })
  await c.screenshot({ path: 'test-results/mesh-tab.png', fullPage: true })
})

test('the one server that a tab was told of names the others and other tabs; it is killed, with its relay, and the tab goes on', async ({
  network,
  openTab,
}) => {
  await network.waitForHeight(1)
  const [lost = '', kept = ''] = [0, 1].map((index) => network.status(index)?.peerId)
  const knowing =
    (...peers: readonly string[]) =>
    (servers: readonly string[]) =>
      servers.filter((address) => peers.some((peer) => address.includes(peer)))
  const a = await openTab({ firstPeers: knowing(lost, kept) })
  const b = await openTab({ firstPeers: knowing(lost) })
  const transports = async (): Promise<readonly string[]> =>
    ((await b.state())?.peers ?? []).map(({ transport }) => transport)
  await expect.poll(transports, { timeout: 60_000 }).toContain('webrtc')
  const ofServers = async (): Promise<number> =>
    (await transports()).filter((transport) => transport !== 'webrtc').length
  await expect.poll(ofServers, { timeout: 60_000 }).toBe(network.validators)
  await network.kill(0)
  const height = network.maxHeight()
  for (const tab of [a, b]) await tab.waitForHeight(height + 10)
})

/** The height where a tab stays when nothing is finalized any more. */
async function settledHeight(page: Page): Promise<number> {
  let last = -1
  await expect
    .poll(
      async () => {
        const before = last
        last = await verifiedHeight(page)
        return last === before
      },
      { intervals: [2_000], timeout: 30_000 },
    )
    .toBe(true)
  return last
}
