/** Pages of two versions at once: another wire protocol between nodes, another word between tabs of one browser. */
import type { Page } from '@playwright/test'
import { expect, test } from '@cairn/playwright'

test.use({ cairn: { isShared: true, heartbeatMs: 300 } })

/** The page of the next version: the same code, under other names on the wire. */
const asNextVersion = (page: Page): Promise<unknown> =>
  page.route('**/assets/*.js', async (route) => {
    const response = await route.fetch()
    const text = await response.text()
    await route.fulfill({
      response,
      body: text.replaceAll(/(\/cairn\/\$\{[^}`]*\}\/(?:req\/)?\$\{\w+\}\/)1`/g, '$12`'),
    })
  })

test('a tab of another wire version takes nothing from this network, and nothing of its own is harmed', async ({
  network,
  browser,
  openTab,
}) => {
  const context = await browser.newContext()
  const tab = await openTab({ context })
  await tab.waitForHeight(3)
  const kept = await tab.height()
  await tab.close()

  // The update comes before the network's.
  const next = await openTab({ context, prepare: asNextVersion })
  await expect.poll(async () => (await next.state())?.peers.length).toBeGreaterThan(0)
  const height = network.maxHeight()
  await network.waitForHeight(height + 20)
  expect(await next.height()).toBeGreaterThanOrEqual(kept)
  expect(await next.height()).toBeLessThanOrEqual(height)
  expect((await next.state())?.failure).toBeUndefined()
  await next.close()

  // Back with the network's version it goes on from what it had; a tab beside it was never disturbed.
  const again = await openTab({ context })
  await expect(again.page.getByTestId('restored-height')).toHaveText(/up to/)
  await again.waitForHeight(network.maxHeight())
  await expect(again.page.getByTestId('refused')).not.toContainText('CORRUPT')
  await context.close()
})

test('a tab beside one of another version says so, and takes over when that one is closed', async ({
  url,
  context,
  openTab,
}) => {
  const older = await context.newPage()
  await older.goto(new URL('network.json', url).href)
  // What an older page did: the same lock, and words of another form.
  await older.evaluate(`navigator.locks.request('cairn-node', () => {
    const channel = new BroadcastChannel('cairn-node')
    setInterval(() => channel.postMessage({ phase: 'live', height: 1 }), 100)
    return new Promise(() => {})
  }) && undefined`)
  const { page, waitForHeight } = await openTab({ context })
  await expect(page.getByTestId('failure')).toContainText('TAB_VERSION_DIFFERS')
  await older.close()
  await expect(page.getByTestId('failure')).toHaveCount(0)
  await waitForHeight(3)
})
