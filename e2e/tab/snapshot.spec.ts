/** How a tab takes the state from others: from tabs alone, over a reload, past a liar, far behind. */
import { expect, test } from '@cairn/playwright'
import { decodeSnapshotChunkResponse, encodeSnapshotChunkResponse } from '@cairn/chain'
import type { Page } from '@playwright/test'
import {
  type Manner,
  type OwnChain,
  type OwnServer,
  createOwnChain,
  serveOwnPage,
  startOwnServer,
} from './own-network.ts'
import { verifiedHeight, waitForVerified } from './tab-page.ts'

const cleanup = new AsyncDisposableStack()

test.afterAll(() => cleanup.disposeAsync())

interface Restore {
  readonly share: number
  readonly bytesReceived: number
}

declare const cairn: { snapshot(): { readonly restore?: Restore } } | undefined

const restoreOf = (page: Page): Promise<Restore | undefined> =>
  page.evaluate(() => (typeof cairn === 'undefined' ? undefined : cairn.snapshot().restore))

async function chainOf(accounts: number, blocks: number): Promise<OwnChain> {
  const chain = await createOwnChain({ accounts, epochLengthBlocks: 8 })
  cleanup.defer(() => chain.stop())
  await chain.grow(blocks)
  return chain
}

async function serverOf(chain: OwnChain, manner?: Manner): Promise<OwnServer> {
  const server = await startOwnServer(chain.genesisHash, chain, manner)
  cleanup.defer(() => server.stop())
  return server
}

async function pageOf(chain: OwnChain, servers: readonly OwnServer[]): Promise<string> {
  const page = await serveOwnPage(
    chain,
    servers.map(({ address }) => address),
  )
  cleanup.defer(() => page.stop())
  return page.url
}

/** The tab's own root of the chain's head. */
async function expectSameRoot(page: Page, chain: OwnChain): Promise<void> {
  await waitForVerified(page, chain.height())
  const row = page.getByTestId('blocks').locator('tr').first()
  await expect(row.locator('td:last-child .hex')).toHaveAttribute('title', chain.stateRoot(), { timeout: 30_000 })
}

test('a fresh tab takes its whole snapshot from another tab, and follows it', async ({ browser }) => {
  const chain = await chainOf(3_000, 20)
  const server = await serverOf(chain)
  const relay = await startOwnServer(chain.genesisHash, undefined)
  cleanup.defer(() => relay.stop())
  const permissions = { permissions: ['camera', 'microphone'] }
  const [first, second] = [await browser.newContext(permissions), await browser.newContext(permissions)]
  const [a, b] = [await first.newPage(), await second.newPage()]
  await a.goto(`${await pageOf(chain, [server, relay])}?role=serving&sync=snapshot`)
  await expectRestored(a, chain)
  await expect(a.getByTestId('peers').locator('tr')).toHaveCount(2, { timeout: 30_000 })
  await chain.grow(3)
  await waitForVerified(a, 23)
  await server.stop()
  // The relay leads to the first tab and has nothing itself.
  await b.goto(`${await pageOf(chain, [relay])}?role=verifying&sync=snapshot`)
  await expectRestored(b, chain)
  await expect(b.getByTestId('peers').getByRole('cell', { name: 'WebRTC', exact: true })).toHaveCount(1)
  await expect(b.getByTestId('refused')).toHaveText('none')
  await Promise.all([first.close(), second.close()])
})

/** At the head by a snapshot: nothing below it was executed. */
async function expectRestored(page: Page, chain: OwnChain): Promise<void> {
  await waitForVerified(page, chain.height())
  await expect(page.getByTestId('blocks-verified')).toHaveText('0 blocks')
  await expect(page.getByTestId('chain-size')).toContainText(`since block ${chain.height()}`, { timeout: 20_000 })
}

test('a reload in the middle goes on where it was', async ({ page }) => {
  const chain = await chainOf(20_000, 10)
  const slow: Manner = async (protocol, answer) => {
    if (protocol === 'snapshot-chunk') await new Promise((resolve) => setTimeout(resolve, 1_000))
    return answer
  }
  const server = await serverOf(chain, slow)
  await page.goto(`${await pageOf(chain, [server])}?role=serving&sync=snapshot&transport=ws`)
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
  await chain.grow(2)
  await expectSameRoot(page, chain)
  await page.reload()
  await waitForVerified(page, 12)
  await expect(page.getByTestId('restored-height')).toHaveText('up to 12')
})

test('a peer that lies about the state is banned, and the snapshot is finished with another', async ({ page }) => {
  const chain = await chainOf(5_000, 6)
  const lying: Manner = (protocol, answer) => {
    const decoded = protocol === 'snapshot-chunk' ? decodeSnapshotChunkResponse(answer) : undefined
    if (decoded?.ok !== true) return answer
    const ranges = decoded.value.ranges.map((range) => ({ ...range, items: range.items.toSpliced(1, 1) }))
    return encodeSnapshotChunkResponse({ ranges })
  }
  const honest = await serverOf(chain)
  const liar = await serverOf(chain, lying)
  await page.goto(`${await pageOf(chain, [liar, honest])}?role=verifying&sync=snapshot&transport=ws`)
  await waitForVerified(page, 6)
  await chain.grow(1)
  await expectSameRoot(page, chain)
  if (liar.answered('snapshot-chunk') > 0) await expect(page.getByTestId('refused')).toContainText('SNAPSHOT_BAD_CHUNK')
  expect(liar.answered('snapshot-chunk')).toBeLessThanOrEqual(2)
})

test('only liars: a coded refusal, and nothing is accepted', async ({ page }) => {
  test.setTimeout(180_000)
  const chain = await chainOf(100, 3)
  const empty: Manner = (protocol, answer) =>
    protocol === 'snapshot-chunk' ? encodeSnapshotChunkResponse({ ranges: [{ items: [], proof: [] }] }) : answer
  const silent: Manner = (protocol, answer) => (protocol === 'snapshot-chunk' ? Uint8Array.of(0xc0) : answer)
  const servers = [await serverOf(chain, empty), await serverOf(chain, silent)]
  const relay = await startOwnServer(chain.genesisHash, undefined)
  cleanup.defer(() => relay.stop())
  await page.goto(`${await pageOf(chain, [...servers, relay])}?role=verifying&sync=snapshot&transport=ws`)
  await expect(page.getByTestId('refused')).toContainText('SNAPSHOT_BAD_CHUNK', { timeout: 30_000 })
  await expect(page.getByTestId('failure')).toContainText('SNAPSHOT_STALLED', { timeout: 100_000 })
  expect(await verifiedHeight(page)).toBe(0)
})

test('far behind a tab takes a snapshot by itself, near the head it executes', async ({ page }) => {
  test.setTimeout(240_000)
  const chain = await chainOf(50, 5)
  const server = await serverOf(chain)
  await page.goto(`${await pageOf(chain, [server])}?role=serving&transport=ws`)
  await waitForVerified(page, 5)
  await expect(page.getByTestId('blocks-verified')).toHaveText('5 blocks')
  await page.goto('about:blank')
  await chain.grow(1_100)
  await page.goBack()
  await waitForVerified(page, 1_105)
  await expect(page.getByTestId('blocks-verified')).toHaveText('0 blocks')
  await expect(page.getByTestId('restored-height')).toHaveText('nothing yet')
  await chain.grow(2)
  await expectSameRoot(page, chain)
})
