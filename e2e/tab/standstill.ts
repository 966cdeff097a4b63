import { type TestNetwork, expect } from '@cairn/playwright'

/** Resolves with the height once no validator has finalized a block for three seconds, fifteen block times. */
export async function standstill({ maxHeight }: Pick<TestNetwork, 'maxHeight'>): Promise<number> {
  let height = maxHeight()
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
