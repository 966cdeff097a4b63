/** Tabs among themselves, over WebRTC: they find each other over a relay and serve what they have verified. */
import type { Page } from '@playwright/test'
import { DEV_ACCOUNTS } from '@cairn/cli'
import { createNodeNetwork, generateIdentity, systemClock, systemRandom, systemTimers } from '@cairn/platform-node'
import type { Log, Metrics, Network } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { expect, test } from '@cairn/playwright'
import { blockRows, verifiedHeight, waitForVerified } from './tab-page.ts'

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }
const noMetrics: Metrics = { count: () => {}, gauge: () => {}, observe: () => {} }

test.use({ cairn: { heartbeatMs: 500 } })

/** A server without a chain: it only relays. */
async function startRelay(url: string): Promise<Network> {
  const { genesisHash } = (await (await fetch(new URL('network.json', url))).json()) as { readonly genesisHash: Hash }
  const relay = await createNodeNetwork(
    {
      genesisHash,
      identity: await generateIdentity(),
      peers: [],
      localNetwork: true,
      // No WebRTC-direct: node-datachannel now and then aborts the process when it is torn down with open connections.
      listen: { wsPort: 0 },
    },
    { clock: systemClock, timers: systemTimers, random: systemRandom, log: silent, metrics: noMetrics },
  )
  await relay.start()
  return relay
}

/** Before a page is loaded: its list of first peers is `choose(of the server's)`. */
const withFirstPeers =
  (choose: (addresses: readonly string[]) => readonly string[]) =>
  (page: Page): Promise<unknown> =>
    page.route('**/network.json', async (route) => {
      const response = await route.fetch()
      const description = (await response.json()) as { readonly bootstrap: readonly string[] }
      await route.fulfill({ response, json: { ...description, bootstrap: choose(description.bootstrap) } })
    })

test('tabs serve each other: a new one takes and proves everything from others when all validators are gone', async ({
  network,
  url,
  openTab,
}) => {
  const relay = await startRelay(url)
  const { page: a } = await openTab({ prepare: withFirstPeers((servers) => [...servers, ...relay.addresses()]) })
  await waitForVerified(a, 3)
  // Of this tab's first peers none has a block.
  const { page: b } = await openTab({ prepare: withFirstPeers(() => relay.addresses()) })
  await waitForVerified(b, 3)
  await expect(b.getByTestId('peers')).toContainText('WebRTC')
  const before = await verifiedHeight(b)
  await waitForVerified(b, before + 5)

  await Promise.all([0, 1, 2, 3].map((index) => network.kill(index)))
  const end = await settledHeight(a)
  const { page: c } = await openTab({ prepare: withFirstPeers(() => relay.addresses()) })
  await waitForVerified(c, end)
  expect(await blockRows(c)).toEqual(await blockRows(a))
  await c.getByLabel('Account address').fill(DEV_ACCOUNTS[0]?.address ?? '')
  await c.getByRole('button', { name: 'Look up' }).click()
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

test('the one server that a tab knew is killed, and with it its relay: it goes on with a tab that knows another', async ({
  network,
  openTab,
}) => {
  await network.waitForHeight(1)
  const [lost = '', kept = ''] = [0, 1].map((index) => network.status(index)?.peerId)
  const knowing = (...peers: readonly string[]) =>
    withFirstPeers((servers) => servers.filter((address) => peers.some((peer) => address.includes(peer))))
  const a = await openTab({ prepare: knowing(lost, kept) })
  const b = await openTab({ prepare: knowing(lost) })
  const transports = async (): Promise<readonly string[]> =>
    ((await b.state())?.peers ?? []).map(({ transport }) => transport)
  await expect.poll(transports, { timeout: 60_000 }).toContain('webrtc')
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
