import type { FinalizedBlockMeasure } from '@cairn/cli'
import { expect, test } from 'vitest'
import { createHeightWatch } from '../src/network/height-watch.ts'

const block = (height: number, stateRoot: string): FinalizedBlockMeasure =>
  ({ height, stateRoot }) as unknown as FinalizedBlockMeasure

test('waits for all that are asked for, and says where each is when the time is over', async () => {
  const watch = createHeightWatch()
  const both = watch.wait(2, [0, 1], 10_000)
  watch.add(0, block(2, 'a'))
  await watch.wait(2, [0], 0)
  await expect(watch.wait(2, [0, 1], 0)).rejects.toMatchObject({
    code: 'HEIGHT_NOT_REACHED',
    message: expect.stringContaining('validator 0 at 2, validator 1 at 0'),
  })
  watch.add(1, block(2, 'a'))
  await both
  expect(watch.maxHeight()).toBe(2)
})

test('two roots for one height are a failure, and so is nothing to compare', () => {
  const watch = createHeightWatch()
  expect(() => watch.assertSameRoots([0, 1])).toThrow(expect.objectContaining({ code: 'ROOTS_DIFFER' }))
  for (const index of [0, 1]) watch.add(index, block(1, 'a'))
  watch.add(1, block(2, 'b'))
  watch.assertSameRoots([0, 1])
  watch.add(2, block(2, 'c'))
  expect(() => watch.assertSameRoots([0, 1, 2])).toThrow('validators 1 and 2 report different roots at height 2')
  watch.assertSameRoots([0, 1])
})
