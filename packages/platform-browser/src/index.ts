/** @module Layer 5: the ports of a browser, and the verifying node in a tab. */
export { createBrowserNetwork } from './network-browser.ts'
export type { BrowserNetworkDeps, BrowserNetworkOptions } from './network-browser.ts'
export { startRtcHost } from './rtc-host.ts'
export type { RtcHost } from './rtc-host.ts'
export { prepareTabNode, startTabNode } from './tab-client.ts'
export type { PreparedTabNode, TabNodeClient, TabNodeOptions, ValidatorKeyClient } from './tab-client.ts'
export type {
  BalanceAnswer,
  KeyAnswer,
  KeyStatus,
  ProvenBalance,
  RefusedBalance,
  SyncProgress,
  TabFailure,
  TabPeer,
  TabPhase,
  TabRole,
  TabSnapshot,
  TabStorage,
  TabSync,
  TrustAnchor,
  VerifiedBlock,
  VerifiedCertificate,
} from './tab-snapshot.ts'
