/**
 * The fixtures: a network of real validators for each test (or one for all of a worker), and tabs on it. What they start
 * they stop, whatever happens; when a test has failed, every node's log and state are attached to its report.
 */
import { type TestInfo, test as base } from '@playwright/test'
import { type TestNetwork, type TestNetworkOptions, startNetwork } from './network/index.ts'
import { attachNetwork, attachTab } from './report.ts'
import { type Tab, type TabOptions, openTab } from './tab/tab.ts'
import { type ValidatorTab, type ValidatorTabOptions, openValidatorTab } from './tab/validator-tab.ts'

export { expect } from '@playwright/test'

/** Set for a file with `test.use({ cairn: { validators: 3, tabs: 2 } })`. */
export interface CairnOptions extends TestNetworkOptions {
  /** Tabs that are open when the test begins; default 0. */
  readonly tabs?: number
  /**
   * One network for all tests, also of other files, with the same options, instead of one for each: for tests that leave
   * it as they found it. Default `false`.
   */
  readonly isShared?: boolean
}

export interface CairnFixtures {
  /** Runs when the test begins; gone after it, unless it is shared. */
  readonly network: TestNetwork
  /** Address of the network's page. */
  readonly url: string
  /** The tabs that `cairn.tabs` asked for, each in a browser context of its own. */
  readonly tabs: readonly Tab[]
  /** Opens one more; closed after the test. */
  readonly openTab: (options?: TabOptions) => Promise<Tab>
  /** Opens a tab that validates with the key of validator `index`, one of the `tabValidators`; closed after the test. */
  readonly openValidatorTab: (index: number, options?: ValidatorTabOptions) => Promise<ValidatorTab>
}

export interface CairnWorkerFixtures {
  readonly cairn: CairnOptions
  /** Starts the worker's network at the first call. */
  readonly shareNetwork: () => Promise<TestNetwork>
}

/** The tabs of a test; closed before its network goes. */
interface OpenedTabs {
  readonly url: string
  add(tab: Tab): void
}

export const test = base.extend<CairnFixtures & { readonly opened: OpenedTabs }, CairnWorkerFixtures>({
  cairn: [{}, { option: true, scope: 'worker' }],
  shareNetwork: [
    async ({ cairn }, use) => {
      let shared: Promise<TestNetwork> | undefined
      try {
        await use(() => (shared ??= startNetwork(cairn)))
      } finally {
        await (await shared)?.stop()
      }
    },
    { scope: 'worker' },
  ],
  network: async ({ cairn, shareNetwork }, use, testInfo) => {
    const network = cairn.isShared === true ? await shareNetwork() : await startNetwork(cairn)
    try {
      await use(network)
      if (hasFailed(testInfo)) await attachNetwork(testInfo, network)
    } finally {
      if (cairn.isShared !== true) await network.stop()
    }
  },
  url: async ({ network }, use) => use(await network.startWeb()),
  opened: async ({ url }, use, testInfo) => {
    const open: Tab[] = []
    try {
      await use({ url, add: (tab) => void open.push(tab) })
      if (hasFailed(testInfo)) await Promise.all(open.map((tab, index) => attachTab(testInfo, tab, index)))
    } finally {
      await Promise.all(open.map((tab) => tab.close().catch(() => {})))
    }
  },
  openTab: async ({ browser, opened }, use) =>
    use(async (options) => {
      const tab = await openTab(browser, opened.url, options)
      opened.add(tab)
      return tab
    }),
  openValidatorTab: async ({ network, browser, opened }, use) =>
    use(async (index, options) => {
      const tab = await openValidatorTab(browser, opened.url, network.secretKey(index), options)
      opened.add(tab)
      return tab
    }),
  tabs: async ({ cairn, openTab: open }, use) => {
    await use(await Promise.all(Array.from({ length: cairn.tabs ?? 0 }, () => open())))
  },
})

function hasFailed(testInfo: TestInfo): boolean {
  return testInfo.status !== testInfo.expectedStatus
}
