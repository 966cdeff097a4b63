/** Tabs among themselves, over WebRTC: they find each other over a relay and serve what they have verified. */
import { type BrowserContext, type Page, expect, test } from '@playwright/test'
import { DEV_ACCOUNTS } from '@cairn/cli'
import { createNodeNetwork, generateIdentity, systemClock, systemRandom, systemTimers } from '@cairn/platform-node'
import type { Log, Metrics, Network } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { startNetwork, type TestNetwork } from '@cairn/playwright/network'
import { blockRows, verifiedHeight, waitForVerified } from './tab-page.ts'

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }
const noMetrics: Metrics = { count: () => {}, gauge: () => {}, observe: () => {} }

let network: TestNetwork
let url: string

test.beforeAll(async () => {
  network = await startNetwork()
  url = await network.startWeb()
  await network.waitForHeight(3)
})

test.afterAll(async () => {
  await network?.stop()
})

/** A server without a chain: it only relays. */
async function startRelay(): Promise<Network> {
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

/** A page of its own browser profile whose list of first peers is `choose(of the server's)`. */
async function openTab(
  context: BrowserContext,
  choose: (addresses: readonly string[]) => readonly string[],
): Promise<Page> {
  const page = await context.newPage()
  await page.route('**/network.json', async (route) => {
    const response = await route.fetch()
    const description = (await response.json()) as { readonly bootstrap: readonly string[] }
    await route.fulfill({ response, json: { ...description, bootstrap: choose(description.bootstrap) } })
  })
  await page.goto(url)
  return page
}

test('tabs serve each other: a new one takes and proves everything from others when all validators are gone', async ({
  browser,
}) => {
  const contexts = await Promise.all([1, 2, 3].map(() => browser.newContext({ permissions: ['camera', 'microphone'] })))
  const [first, second, third] = contexts as [BrowserContext, BrowserContext, BrowserContext]
  const relay = await startRelay()
  const a = await openTab(first, (servers) => [...servers, ...relay.addresses()])
  await waitForVerified(a, 3)
  // Of this tab's first peers none has a block.
  const b = await openTab(second, () => relay.addresses())
  await waitForVerified(b, 3)
  await expect(b.getByTestId('peers')).toContainText('WebRTC')
  const before = await verifiedHeight(b)
  await waitForVerified(b, before + 5)

  await Promise.all([0, 1, 2, 3].map((index) => network.kill(index)))
  const end = await settledHeight(a)
  const c = await openTab(third, () => relay.addresses())
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
  await Promise.all(contexts.map((context) => context.close()))
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
