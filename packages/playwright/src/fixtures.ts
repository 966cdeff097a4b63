/**
 * The fixtures: a network of real validators for each test, and tabs on it. What they start they stop, whatever
 * happens; when a test has failed, every node's log and state are attached to its report.
 */
import { type TestInfo, test as base } from '@playwright/test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestNetwork, type TestNetworkOptions, startNetwork } from './network/index.ts'
import { type Tab, type TabOptions, openTab } from './tab/tab.ts'

export { expect } from '@playwright/test'

/** Set with `test.use({ cairn: { validators: 3, tabs: 2 } })`. */
export interface CairnOptions extends TestNetworkOptions {
  /** Tabs that are open when the test begins; default 0. */
  readonly tabs?: number
}

export interface CairnFixtures {
  readonly cairn: CairnOptions
  /** Runs when the test begins and is gone after it. */
  readonly network: TestNetwork
  /** The tabs that `cairn.tabs` asked for, each in a browser context of its own. */
  readonly tabs: readonly Tab[]
  /** Opens one more; closed after the test. */
  readonly openTab: (options?: TabOptions) => Promise<Tab>
}

/** Last bytes of a validator's log that go into a report. */
const LOG_TAIL_BYTES = 256 * 1024

export const test = base.extend<CairnFixtures>({
  cairn: [{}, { option: true }],
  network: async ({ cairn }, use, testInfo) => {
    const network = await startNetwork(cairn)
    try {
      await use(network)
      if (hasFailed(testInfo)) await attachNetwork(testInfo, network)
    } finally {
      await network.stop()
    }
  },
  openTab: async ({ network, browser }, use, testInfo) => {
    const open: Tab[] = []
    try {
      await use(async (options) => {
        const tab = await openTab(browser, await network.startWeb(), options)
        open.push(tab)
        return tab
      })
      if (hasFailed(testInfo)) await Promise.all(open.map((tab, index) => attachTab(testInfo, tab, index)))
    } finally {
      await Promise.all(open.map((tab) => tab.close().catch(() => {})))
    }
  },
  tabs: async ({ cairn, openTab: open }, use) => {
    await use(await Promise.all(Array.from({ length: cairn.tabs ?? 0 }, () => open())))
  },
})

function hasFailed(testInfo: TestInfo): boolean {
  return testInfo.status !== testInfo.expectedStatus
}

async function attachNetwork(testInfo: TestInfo, network: TestNetwork): Promise<void> {
  for (let index = 0; index < network.validators; index++) {
    const log = readFileSync(join(network.directory, `validator-${index}`, 'node.log')).subarray(-LOG_TAIL_BYTES)
    await testInfo.attach(`validator-${index}.log`, { body: log, contentType: 'text/plain' })
    await attachJson(testInfo, `validator-${index}-status.json`, network.status(index))
  }
}

async function attachTab(testInfo: TestInfo, tab: Tab, index: number): Promise<void> {
  await testInfo.attach(`tab-${index}.log`, { body: tab.log.join('\n'), contentType: 'text/plain' })
  // A page that has crashed or is gone has no state; its log says so.
  const state = await tab.state().catch((error: unknown) => String(error))
  await attachJson(testInfo, `tab-${index}-state.json`, state)
  const picture = await tab.page.screenshot().catch(() => undefined)
  if (picture !== undefined) await testInfo.attach(`tab-${index}.png`, { body: picture, contentType: 'image/png' })
}

async function attachJson(testInfo: TestInfo, name: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value ?? null, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item), 2)
  await testInfo.attach(name, { body: text, contentType: 'application/json' })
}
