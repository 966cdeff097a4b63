/** What a browser may do to a page's storage, and what the node makes of it. */
import type { Page } from '@playwright/test'
import { expect, test } from '@cairn/playwright'
import { verifiedHeight, waitForVerified } from './tab-page.ts'

test.use({ cairn: { isShared: true, heartbeatMs: 300 } })

test('storage evicted under a running node: it starts anew and verifies everything again', async ({ url, openTab }) => {
  const { page } = await openTab()
  await waitForVerified(page, 5)
  // The node does not start anew more often than every ten seconds.
  await waitForVerified(page, (await verifiedHeight(page)) + 40)
  const before = await verifiedHeight(page)
  const session = await page.context().newCDPSession(page)
  await session.send('Storage.clearDataForOrigin', { origin: new URL(url).origin, storageTypes: 'indexeddb' })
  await expect(page.getByTestId('restored-height')).toHaveText('nothing yet', { timeout: 30_000 })
  await waitForVerified(page, before + 1)
  await expect(page.getByTestId('failure')).toHaveCount(0)
})

test('a full quota stops the node with a code; with space again it goes on from what was kept', async ({
  url,
  openTab,
}) => {
  const { page } = await openTab()
  await waitForVerified(page, 5)
  const session = await page.context().newCDPSession(page)
  const { origin } = new URL(url)
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 })
  await expect(page.getByTestId('failure')).toContainText('STORE_FULL', { timeout: 60_000 })
  await expect(page.getByTestId('failure')).toContainText('light role')
  const before = await verifiedHeight(page)
  await session.send('Storage.overrideQuotaForOrigin', { origin })
  await page.reload()
  await waitForVerified(page, before + 1)
  await expect(page.getByTestId('restored-height')).toContainText('up to')
})

test('databases of chains that are long gone are deleted; a validator’s are not', async ({ page, url }) => {
  await page.goto(new URL('network.json', url).href)
  await page.evaluate(makeDatabases)
  await page.goto(url)
  await waitForVerified(page, 3)
  await expect.poll(() => staleDatabases(page)).toEqual(['cairn-chain-b', 'cairn-keys', 'cairn-votes-a'])
})

const staleDatabases = (page: Page): Promise<readonly string[]> =>
  page.evaluate(`indexedDB.databases().then((list) =>
    list.map(({ name }) => name).filter((name) => /-[ab]$|keys/.test(name)).sort())`)

/** Two earlier chains, `b` used later than `a`, and what a validator keeps. */
const makeDatabases = `(async () => {
  const open = (name, store) => new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(store)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  for (const name of ['cairn-chain-a', 'cairn-state-a', 'cairn-votes-a', 'cairn-chain-b', 'cairn-keys']) (await open(name, 'entries')).close()
  const registry = await open('cairn-chains', 'entries')
  const entries = registry.transaction('entries', 'readwrite').objectStore('entries')
  const bytes = (text) => new TextEncoder().encode(text).buffer
  entries.put(bytes('1'), bytes('a'))
  entries.put(bytes('2'), bytes('b'))
  await new Promise((resolve) => (entries.transaction.oncomplete = resolve))
  registry.close()
})()`
