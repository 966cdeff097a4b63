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
  servers: [],
  storage: undefined,
  isCoreChecked: false,
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
      if (saysNothing(change, { ...snapshot })) return
      const isFirst = FIRSTS.some((key) => snapshot[key] === undefined && change[key] !== undefined)
      snapshot = { ...snapshot, ...change }
      hasChanged = true
      if (!isWaiting || isFirst) flush()
    },
  }
}

/** Much is looked up anew each time and seldom differs: what says the same is worth no rendering. */
function saysNothing(change: Partial<TabSnapshot>, snapshot: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(change).every(([field, value]) => isEqual(value, snapshot[field]))
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const fields: Readonly<Record<string, unknown>> = { ...b }
  const entries = Object.entries(a)
  return (
    Array.isArray(a) === Array.isArray(b) &&
    entries.length === Object.keys(fields).length &&
    entries.every(([field, value]) => field in fields && isEqual(value, fields[field]))
  )
}
