/**
 * Collects changes and publishes whole snapshots, at most one in `SNAPSHOT_INTERVAL_MS`, but for what comes once and is waited
 * for; the last one always arrives.
 */
import type { TimerHandle, Timers } from '@cairn/ports'
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

/** A start is waited for by people: what it has come to is said at once. */
const FIRSTS = ['trust', 'verifiedHeight', 'failure'] as const

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
  let timer: TimerHandle | undefined
  const flush = (): void => {
    hasChanged = false
    isWaiting = true
    publish(snapshot)
    timer?.cancel()
    timer = deps.timers.after(SNAPSHOT_INTERVAL_MS, () => {
      isWaiting = false
      if (hasChanged) flush()
    })
  }
  return {
    current: () => snapshot,
    update: (change) => {
      const isFirst = FIRSTS.some((key) => snapshot[key] === undefined && change[key] !== undefined)
      snapshot = { ...snapshot, ...change }
      hasChanged = true
      if (!isWaiting || isFirst) flush()
    },
  }
}
