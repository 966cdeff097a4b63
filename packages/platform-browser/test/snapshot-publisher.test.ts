import { expect, it } from 'vitest'
import { createSnapshotPublisher } from '../src/snapshot-publisher.ts'
import type { TabSnapshot } from '../src/tab-snapshot.ts'
import { dueTimers } from './due-timers.ts'

function start() {
  const { due, timers } = dueTimers()
  const shown: TabSnapshot[] = []
  const snapshots = createSnapshotPublisher((snapshot) => shown.push(snapshot), { timers })
  return { due, shown, snapshots }
}

it('publishes at once, then at most once an interval, and always the last state', () => {
  const { due, shown, snapshots } = start()

  snapshots.update({ verifiedHeight: 1 })
  snapshots.update({ verifiedHeight: 2 })
  snapshots.update({ verifiedHeight: 3, networkHeight: 4 })
  expect(shown.map(({ verifiedHeight }) => verifiedHeight)).toEqual([1])

  due.shift()?.()
  expect(shown.map(({ verifiedHeight }) => verifiedHeight)).toEqual([1, 3])
  expect(shown[1]?.networkHeight).toBe(4)

  due.shift()?.()
  expect(shown).toHaveLength(2)
  snapshots.update({ verifiedHeight: 5 })
  expect(shown.at(-1)?.verifiedHeight).toBe(5)
})

it('says at once what a start is waited for', () => {
  const { shown, snapshots } = start()
  snapshots.update({ phase: 'connecting' })
  snapshots.update({ step: 'later' })
  snapshots.update({ verifiedHeight: 1 })
  snapshots.update({ verifiedHeight: 2 })
  expect(shown.map(({ step, verifiedHeight }) => [step, verifiedHeight])).toEqual([
    ['Starting', undefined],
    ['later', 1],
  ])
})

it('publishes nothing for what says the same', () => {
  const { due, shown, snapshots } = start()
  const peer = { peerId: 'a', transport: 'ws', direction: 'outbound' } as const
  const publish = (change: Partial<TabSnapshot>): number => {
    snapshots.update(change)
    due.shift()?.()
    return shown.length
  }
  expect(publish({ phase: 'starting', peers: [] })).toBe(0)
  expect(publish({ peers: [peer], refused: { A: 1 } })).toBe(1)
  expect(publish({ peers: [{ ...peer }], refused: { A: 1 }, verifiedHeight: undefined })).toBe(1)
  expect(publish({ peers: [{ ...peer, transport: 'webrtc' }] })).toBe(2)
  expect(publish({ peers: [peer, peer] })).toBe(3)
  expect(publish({ peers: [] })).toBe(4)
  expect(publish({ refused: { B: 1 } })).toBe(5)
  expect(publish({ refused: {} })).toBe(6)
})
