/** How a tab takes the state from others: from tabs alone, over a reload, past a liar, far behind. */
import { type Manner, type SoloNetwork, expect, test } from '@cairn/playwright'
import type { Page } from '@playwright/test'
import { verifiedHeight, waitForVerified } from './tab-page.ts'

interface Restore {
  readonly share: number
  readonly bytesReceived: number
}

declare const cairn: { snapshot(): { readonly restore?: Restore } } | undefined

const restoreOf = (page: Page): Promise<Restore | undefined> =>
  page.evaluate(() => (typeof cairn === 'undefined' ? undefined : cairn.snapshot().restore))

/** The tab's own root of the chain's head. */
async function expectSameRoot(page: Page, solo: SoloNetwork): Promise<void> {
  await waitForVerified(page, solo.height())
  const row = page.getByTestId('blocks').locator('tr').first()
  await expect(row.locator('td:last-child .hex')).toHaveAttribute('title', solo.stateRoot(), { timeout: 30_000 })
}

test('a fresh tab takes its whole snapshot from another tab, and follows it', async ({ startSolo, browser }) => {
  const solo = await startSolo({ accounts: 3_000, blocks: 20, epochLengthBlocks: 8 })
  const server = await solo.startServer()
  const relay = await solo.startRelay()
  const permissions = { permissions: ['camera', 'microphone'] }
  const [first, second] = [await browser.newContext(permissions), await browser.newContext(permissions)]
  const [a, b] = [await first.newPage(), await second.newPage()]
  await a.goto(`${await solo.startWeb([server, relay])}?role=serving&sync=snapshot`)
  await expectRestored(a, solo)
  await expect(a.getByTestId('peers').locator('tr')).toHaveCount(2, { timeout: 30_000 })
  await solo.grow(3)
  await waitForVerified(a, 23)
  await server.stop()
  // The relay leads to the first tab and has nothing itself.
  await b.goto(`${await solo.startWeb([relay])}?role=verifying&sync=snapshot`)
  await expectRestored(b, solo)
  await expect(b.getByTestId('peers').getByRole('cell', { name: 'WebRTC', exact: true })).toHaveCount(1)
  await expect(b.getByTestId('refused')).toHaveText('none')
  await Promise.all([first.close(), second.close()])
})

/** At the head by a snapshot: nothing below it was executed. */
async function expectRestored(page: Page, solo: SoloNetwork): Promise<void> {
  await waitForVerified(page, solo.height())
  await expect(page.getByTestId('blocks-verified')).toHaveText('0 blocks')
  await expect(page.getByTestId('chain-size')).toContainText(`since block ${solo.height()}`, { timeout: 20_000 })
}

test('a reload in the middle goes on where it was', async ({ startSolo, page }) => {
  const solo = await startSolo({ accounts: 20_000, blocks: 10, epochLengthBlocks: 8 })
  const slow: Manner = async (protocol, answer) => {
    if (protocol === 'snapshot-chunk') await new Promise((resolve) => setTimeout(resolve, 1_000))
    return answer
  }
  const server = await solo.startServer({ manner: slow })
  await page.goto(`${await solo.startWeb([server])}?role=serving&sync=snapshot&transport=ws`)
  await expect
    .poll(async () => (await restoreOf(page))?.share ?? 0, { timeout: 60_000, intervals: [50] })
    .toBeGreaterThan(0.3)
  await expect(page.getByTestId('restore')).toContainText(/\d+ % · .* accounts proved · state of block 10/)
  await page.reload()
  await expect
    .poll(async () => (await restoreOf(page))?.share ?? 0, { timeout: 30_000, intervals: [50] })
    .toBeGreaterThan(0.3)
  const before = await restoreOf(page)
  expect(before?.bytesReceived).toBeGreaterThan(100_000)
  await page.screenshot({ path: 'test-results/snapshot-sync.png', fullPage: true })
  await waitForVerified(page, 10)
  // Twice from the start would be more: 1.6 MB of accounts at 128 KiB each.
  expect(server.answered('snapshot-chunk')).toBeLessThan(45)
  await solo.grow(2)
  await expectSameRoot(page, solo)
  await page.reload()
  await waitForVerified(page, 12)
  await expect(page.getByTestId('restored-height')).toHaveText('up to 12')
})

test('a peer that lies about the state is banned, and the snapshot is finished with another', async ({
  startSolo,
  page,
}) => {
  const solo = await startSolo({ accounts: 5_000, blocks: 6, epochLengthBlocks: 8 })
  const honest = await solo.startServer()
  const liar = await solo.startServer({ lie: 'missing-account' })
  await page.goto(`${await solo.startWeb([liar, honest])}?role=verifying&sync=snapshot&transport=ws`)
  await waitForVerified(page, 6)
  await solo.grow(1)
  await expectSameRoot(page, solo)
  if (liar.answered('snapshot-chunk') > 0) await expect(page.getByTestId('refused')).toContainText('SNAPSHOT_BAD_CHUNK')
  expect(liar.answered('snapshot-chunk')).toBeLessThanOrEqual(2)
})

test('only liars: said at once with a code, nothing is accepted, and an honest peer that comes is asked', async ({
  startSolo,
  page,
}) => {
  const solo = await startSolo({ accounts: 100, blocks: 3, epochLengthBlocks: 8 })
  let isLying = true
  const silent: Manner = (protocol, answer) => (protocol === 'snapshot-chunk' ? Uint8Array.of(0xc0) : answer)
  const servers = [await solo.startServer({ lie: 'empty-chunk' }), await solo.startServer({ manner: silent })]
  const late = await solo.startServer({
    manner: (_protocol, answer) => (isLying ? { refused: 'NOT_AVAILABLE' } : answer),
  })
  await page.goto(`${await solo.startWeb([...servers, late])}?role=verifying&sync=snapshot&transport=ws`)
  await expect(page.getByTestId('refused')).toContainText('SNAPSHOT_BAD_CHUNK', { timeout: 30_000 })
  await expect(page.getByTestId('nobody-left')).toContainText('SNAPSHOT_NOBODY_LEFT', { timeout: 30_000 })
  await expect(page.getByTestId('nobody-left')).toContainText('2 peers sent what does not hold')
  await expect(page.getByTestId('failure')).toHaveCount(0)
  expect(await verifiedHeight(page)).toBe(0)
  await page.screenshot({ path: 'test-results/snapshot-nobody-left.png', fullPage: true })
  isLying = false
  await expectRestored(page, solo)
  await expect(page.getByTestId('nobody-left')).toHaveCount(0)
})

test('far behind a tab takes a snapshot by itself, near the head it executes', async ({ startSolo, page }) => {
  test.setTimeout(240_000)
  const solo = await startSolo({ accounts: 50, blocks: 5, epochLengthBlocks: 8 })
  const server = await solo.startServer()
  await page.goto(`${await solo.startWeb([server])}?role=serving&transport=ws`)
  await waitForVerified(page, 5)
  await expect(page.getByTestId('blocks-verified')).toHaveText('5 blocks')
  await page.goto('about:blank')
  await solo.grow(1_100)
  await page.goBack()
  await waitForVerified(page, 1_105)
  await expect(page.getByTestId('blocks-verified')).toHaveText('0 blocks')
  await expect(page.getByTestId('restored-height')).toHaveText('nothing yet')
  await solo.grow(2)
  await expectSameRoot(page, solo)
})
