/** @module Real networks for any test runner: knows nothing of Playwright or browsers. */
export { startNetwork } from './test-network.ts'
export type { TestNetwork, TestNetworkOptions } from './test-network.ts'
export { createLinks } from './links.ts'
export type { LinkFault, Links } from './links.ts'
export type { FundedAccount } from './wallets.ts'
