/** What the start of a tab hands to its role, and what it gets back. */
import type { WakeableNetwork } from '@cairn/network'
import type { LookUp } from './proven-balance.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import type { TabNodeOptions } from './tab-client.ts'
import type { TabReading } from './tab-reading.ts'
import type { RunningValidator } from './tab-validator.ts'

/** What every role begins with. */
export interface TabRun extends TabReading {
  readonly snapshots: SnapshotPublisher
  /** Balances can be asked for from now on; called again when there is a better way. */
  readonly onReadable: (lookUp: LookUp) => void
  readonly options: TabNodeOptions
  /** Not started. */
  readonly connecting: Promise<WakeableNetwork>
}

export type RunningTab = { readonly lookUp: LookUp } & Partial<Pick<RunningValidator, 'announceLeaving'>>
