import { expect, it } from 'vitest'
import type { Timers } from '@cairn/ports'
import { createSnapshotPublisher } from '../src/snapshot-publisher.ts'
import type { TabSnapshot } from '../src/tab-snapshot.ts'

it('publishes at once, then at most once an interval, and always the last state', () => {
  const due: (() => void)[] = []
  const timers: Timers = {
    after: (_, callback) => {
      due.push(callback)
      return { cancel: () => undefined }
    },
  }
  const shown: TabSnapshot[] = []
  const snapshots = createSnapshotPublisher((snapshot) => shown.push(snapshot), { timers })

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
  const timers: Timers = { after: () => ({ cancel: () => undefined }) }
  const shown: TabSnapshot[] = []
  const snapshots = createSnapshotPublisher((snapshot) => shown.push(snapshot), { timers })
  snapshots.update({ phase: 'starting' })
  snapshots.update({ step: 'later' })
  snapshots.update({ verifiedHeight: 1 })
  snapshots.update({ verifiedHeight: 2 })
  expect(shown.map(({ step, verifiedHeight }) => [step, verifiedHeight])).toEqual([
    ['Starting', undefined],
    ['later', 1],
  ])
})
