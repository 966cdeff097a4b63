/** What the start of a tab hands to its role, and what it gets back. */
import type { Network } from '@cairn/ports'
import type { Answerers } from './http-peers.ts'
import type { LightTrust } from './light-trust.ts'
import type { NetworkDescription } from './network-description.ts'
import type { LookUp } from './proven-balance.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import type { TabNodeOptions } from './tab-client.ts'
import type { ProvedHead } from './tab-light.ts'
import type { RunningValidator } from './tab-validator.ts'

/** What every role begins with. */
export interface TabRun {
  readonly snapshots: SnapshotPublisher
  /** Balances can be asked for from now on; called again when there is a better way. */
  readonly onReadable: (lookUp: LookUp) => void
  readonly description: NetworkDescription
  readonly options: TabNodeOptions
  readonly trust: Promise<LightTrust>
  /** Asked over HTTP. */
  readonly servers: Answerers
  /** The network's peers once `onConnected` was called; while there are none, the servers. */
  readonly answerers: Answerers
  readonly firstHead: Promise<ProvedHead | undefined>
  /** Not started. */
  readonly connecting: Promise<Network>
  readonly onConnected: (started: Network) => void
}

export type RunningTab = { readonly lookUp: LookUp } & Partial<Pick<RunningValidator, 'announceLeaving'>>
