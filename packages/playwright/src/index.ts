/** @module Playwright fixtures over real networks. For another test runner take `@cairn/playwright/network`. */
export { cairnLaunchOptions, findChromium } from './chromium.ts'
export { expect, test } from './fixtures.ts'
export type { CairnFixtures, CairnOptions } from './fixtures.ts'
export { openTab } from './tab/tab.ts'
export type { Tab, TabOptions } from './tab/tab.ts'
export { startNetwork } from './network/index.ts'
export type { FundedAccount, LinkFault, TestNetwork, TestNetworkOptions } from './network/index.ts'
