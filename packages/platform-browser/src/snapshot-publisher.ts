/** Collects changes and publishes whole snapshots, at most one in `SNAPSHOT_INTERVAL_MS`; the last one always arrives. */
import type { Timers } from '@cairn/ports'
import { SNAPSHOT_INTERVAL_MS } from './limits.ts'
import type { TabSnapshot } from './tab-snapshot.ts'

/** What the page shows before the node has said anything. */
export const initialSnapshot: TabSnapshot = {
  role: undefined,
  phase: 'starting',
  step: 'Starting',
  failure: undefined,
  trust: undefined,
  validator: undefined,
  verifiedHeight: undefined,
  networkHeight: undefined,
  sync: undefined,
  restore: undefined,
  blocks: [],
  peers: [],
  storage: undefined,
  blocksVerified: 0,
  refused: {},
}

export interface SnapshotPublisher {
  current(): TabSnapshot
  update(change: Partial<TabSnapshot>): void
}

export function createSnapshotPublisher(
  publish: (snapshot: TabSnapshot) => void,
  deps: { readonly timers: Timers },
): SnapshotPublisher {
  let snapshot = initialSnapshot
  let isWaiting = false
  let hasChanged = false
  const flush = (): void => {
    hasChanged = false
    isWaiting = true
    publish(snapshot)
    deps.timers.after(SNAPSHOT_INTERVAL_MS, () => {
      isWaiting = false
      if (hasChanged) flush()
    })
  }
  return {
    current: () => snapshot,
    update: (change) => {
      snapshot = { ...snapshot, ...change }
      hasChanged = true
      if (!isWaiting) flush()
    },
  }
}
