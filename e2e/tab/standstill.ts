import { type TestNetwork, expect } from '@cairn/playwright'

/** Resolves with the height once no validator has finalized a block for three seconds, fifteen block times. */
export async function standstill({ maxHeight }: Pick<TestNetwork, 'maxHeight'>): Promise<number> {
  // The first look is at once, and has nothing to compare with.
  let height = -1
  await expect
    .poll(
      () => {
        const before = height
        height = maxHeight()
        return height - before
      },
      { intervals: [3_000], timeout: 30_000 },
    )
    .toBe(0)
  return height
}
