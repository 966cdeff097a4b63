/** What `@cairn/playwright` does to real nodes: each fault is seen to happen, and to end. */
import { expect, test } from '@cairn/playwright'
import { standstill } from './standstill.ts'

// Each test leaves the network as it found it: all four running, linked and fast.
test.use({ cairn: { validators: 4, heartbeatMs: 200, isShared: true } })

test('four validators and three tabs agree on every root', async ({ network, openTab }) => {
  const tabs = await Promise.all([openTab(), openTab({ query: 'transport=ws' }), openTab()])
  await network.fund(`0x${'ab'.repeat(20)}`, 5n)
  expect(await network.publicClient(3).getBalance({ address: `0x${'ab'.repeat(20)}` })).toBe(5n)
  await network.waitForHeight(15)
  await Promise.all(tabs.map((tab) => tab.waitForHeight(15)))
  network.assertSameRoot()
  const finalized = new Map<number, string>(network.finalized(0).map((block) => [block.height, block.stateRoot]))
  for (const tab of tabs) {
    const roots = [...(await tab.stateRoots())].filter(([height]) => finalized.has(height))
    expect(roots.length).toBeGreaterThan(3)
    for (const [height, root] of roots) expect(root, `root at ${height}`).toBe(finalized.get(height))
  }
})

test('kill, restart, pause: the chain goes on with three, and needs three', async ({ network }) => {
  await network.waitForHeight(3)
  await network.kill(3)
  expect(network.isRunning(3)).toBe(false)
  await network.waitForHeight(network.maxHeight() + 5)
  network.pause(2)
  const stalledAt = await standstill(network)
  network.resume(2)
  await network.waitForHeight(stalledAt + 5, [0, 1, 2])
  await network.start(3)
  await network.waitForHeight(network.maxHeight() + 5)
  network.assertSameRoot()
})

test('partition stops the chain, delay slows it, heal and no delay give it back', async ({ network }) => {
  await network.waitForHeight(3)
  network.partition([0, 1], [2, 3])
  const stalledAt = await standstill(network)
  network.heal()
  await network.waitForHeight(stalledAt + 5)
  network.delay(100, { jitterMs: 20 })
  const slow = network.maxHeight()
  await network.waitForHeight(slow + 5)
  const finality = network
    .finalized(0)
    .slice(-3)
    .map((block) => block.finalityMs)
  for (const ms of finality) expect(ms).toBeGreaterThan(200)
  network.delay(0)
  await network.waitForHeight(network.maxHeight() + 5)
})

test('a hidden tab goes on verifying, a frozen one stops until it is thawed', async ({ network, openTab }) => {
  const tab = await openTab()
  await tab.waitForHeight(3)
  await tab.hide()
  await tab.waitForHeight((await tab.height()) + 5)
  await tab.show()
  expect(await tab.page.evaluate('document.visibilityState')).toBe('visible')
  await tab.page.evaluate("document.addEventListener('freeze', () => (globalThis.wasFrozen = true))")
  await tab.freeze()
  const before = network.maxHeight()
  await network.waitForHeight(before + 10)
  await tab.thaw()
  await tab.waitForHeight(before + 10)
  expect(await tab.page.evaluate('globalThis.wasFrozen')).toBe(true)
})

test('a tab whose renderer is killed goes on from its store', async ({ network, openTab, browser }) => {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] })
  try {
    const tab = await openTab({ context })
    await tab.waitForHeight(8)
    await tab.crash()
    const again = await openTab({ context })
    await expect(again.page.getByTestId('restored-height')).toHaveText(/up to/)
    await again.waitForHeight(network.maxHeight())
  } finally {
    await context.close()
  }
})
