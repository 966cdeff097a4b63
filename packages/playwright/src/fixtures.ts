/**
 * The fixtures: a network of real validators for each test (or one for all of a worker), and tabs on it. What they start
 * they stop, whatever happens; when a test has failed, every node's log and state are attached to its report.
 */
import { type TestInfo, test as base } from '@playwright/test'
import { type TestNetwork, type TestNetworkOptions, startNetwork } from './network/index.ts'
import { attachNetwork, attachTab } from './report.ts'
import { type SoloNetwork, type SoloNetworkOptions, startSoloNetwork } from './solo/solo-network.ts'
import { type Tab, type TabOptions, openTab } from './tab/tab.ts'
import { type ValidatorTab, type ValidatorTabOptions, openValidatorTab } from './tab/validator-tab.ts'

export { expect } from '@playwright/test'

/** Set for a file with `test.use({ cairn: { validators: 3, tabs: 2 } })`. */
export interface CairnOptions extends TestNetworkOptions {
  /** Tabs that are open when the test begins; default 0. */
  readonly tabs?: number
  /**
   * One network for all tests, also of other files, with the same options object, instead of one for each: for tests that leave
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
  /** Starts a chain of one validator in this process, with servers as true or false as the test wants; gone after it. */
  readonly startSolo: (options?: SoloNetworkOptions) => Promise<SoloNetwork>
  /** `openTab` at the page of a solo network. */
  readonly openTabAt: (url: string, options?: TabOptions) => Promise<Tab>
}

export interface CairnWorkerFixtures {
  readonly cairn: CairnOptions
  /** Starts the worker's network at the first call. */
  readonly shareNetwork: () => Promise<TestNetwork>
}

/** Opens tabs, and closes them before what they are connected with goes. */
interface OpenedTabs {
  tab(url: string, options?: TabOptions): Promise<Tab>
  validatorTab(url: string, secretKey: Uint8Array, options?: ValidatorTabOptions): Promise<ValidatorTab>
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
  startSolo: async ({ cairn: { epochLengthBlocks } }, use) => {
    const started: SoloNetwork[] = []
    try {
      await use(async (options) => {
        const solo = await startSoloNetwork({
          ...(epochLengthBlocks === undefined ? {} : { epochLengthBlocks }),
          ...options,
        })
        started.push(solo)
        return solo
      })
    } finally {
      await Promise.all(started.map((solo) => solo.stop()))
    }
  },
  opened: async ({ browser, startSolo }, use, testInfo) => {
    // Taken down before the solo networks: a server would wait for a tab that is still open.
    void startSolo
    const open: Tab[] = []
    const keep = <T extends Tab>(tab: T): T => {
      open.push(tab)
      return tab
    }
    try {
      await use({
        tab: async (url, options) => keep(await openTab(browser, url, options)),
        validatorTab: async (url, secretKey, options) => keep(await openValidatorTab(browser, url, secretKey, options)),
      })
      if (hasFailed(testInfo)) await Promise.all(open.map((tab, index) => attachTab(testInfo, tab, index)))
    } finally {
      await Promise.all(open.map((tab) => tab.close().catch(() => {})))
    }
  },
  openTabAt: async ({ opened }, use) => use(opened.tab),
  openTab: async ({ url, opened }, use) => use((options) => opened.tab(url, options)),
  openValidatorTab: async ({ network, url, opened }, use) =>
    use((index, options) => opened.validatorTab(url, network.secretKey(index), options)),
  tabs: async ({ cairn, openTab: open }, use) => {
    await use(await Promise.all(Array.from({ length: cairn.tabs ?? 0 }, () => open())))
  },
})

function hasFailed(testInfo: TestInfo): boolean {
  return testInfo.status !== testInfo.expectedStatus
}
