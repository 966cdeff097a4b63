/** Fails, so that there is a report to look at. */
import { expect, test } from '@cairn/playwright'

test.use({ cairn: { validators: 1, tabs: 1, heartbeatMs: 200 } })

test('fails once its tab follows', async ({ network, tabs }) => {
  await tabs[0]?.waitForHeight(2)
  expect(network.maxHeight()).toBe(0)
})
