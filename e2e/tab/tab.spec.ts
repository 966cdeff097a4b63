/** The page against a real network of four validator processes: what it shows, and what it refuses. */
import type { Page } from '@playwright/test'
import { expect, test } from '@cairn/playwright'
import { parseEther } from 'viem'
import { blockRows, flipStoredBytes, lookUp, verifiedHeight, waitForVerified } from './tab-page.ts'

test.use({ cairn: { isShared: true, heartbeatMs: 300 } })

test('verifies every block: certificate, execution, state root', async ({ network, openTab }) => {
  const { page } = await openTab()
  await waitForVerified(page, 3)
  const [account] = network.accounts
  if (account === undefined) throw new Error('no funded account')
  const hash = await network
    .walletClient(account)
    .sendTransaction({ to: `0x${'ca'.repeat(20)}`, value: parseEther('1') })
  const receipt = await network.publicClient().waitForTransactionReceipt({ hash })
  await waitForVerified(page, Number(receipt.blockNumber) + 1)

  for (const check of ['check-certificate', 'check-execution', 'check-root']) {
    await expect(page.getByTestId(check)).toHaveAttribute('data-state', 'passed')
  }
  await expect(page.getByTestId('certificate-signers')).toHaveText(/^[34] of 4 validators$/)
  await expect(page.getByTestId('peers').locator('tr').first()).toContainText('WebRTC direct')
  await expect(page.getByTestId('core-hash')).toContainText('core.wasm is the one')

  const rows = await blockRows(page)
  expect(rows.length).toBeGreaterThan(2)
  const finalized = new Map<number, string>(network.finalized(0).map((block) => [block.height, block.stateRoot]))
  for (const row of rows) expect(row.stateRoot).toBe(finalized.get(row.height) ?? row.stateRoot)
  expect(rows.some((row) => finalized.has(row.height))).toBe(true)

  const before = await verifiedHeight(page)
  await waitForVerified(page, before + 2)
})

test('goes on after a reload from what it had verified', async ({ openTab }) => {
  const { page } = await openTab()
  await waitForVerified(page, 5)
  const before = await verifiedHeight(page)
  await page.reload()
  await expect(page.getByTestId('restored-height')).toHaveText(/up to/)
  const restored = Number((await page.getByTestId('restored-height').innerText()).replaceAll(/\D/g, ''))
  expect(restored).toBeGreaterThanOrEqual(before)
  await waitForVerified(page, before + 2)
})

test('throws away what was changed in the store, and verifies it anew', async ({ url, openTab }) => {
  const { page } = await openTab()
  await waitForVerified(page, 5)
  // A page of the same origin without a node; the store is free.
  await page.goto(new URL('network.json', url).href)
  const changed = await page.evaluate<number>(flipStoredBytes)
  expect(changed).toBeGreaterThan(5)
  await page.goto(url)
  await expect(page.getByTestId('refused')).toContainText(/CORRUPT|GENESIS_MISMATCH/, { timeout: 30_000 })
  await expect(page.getByTestId('restored-height')).toHaveText('nothing yet')
  await waitForVerified(page, 5)
})

test('shows a balance whose Merkle proof it has checked', async ({ network, openTab }) => {
  const { page } = await openTab()
  await waitForVerified(page, 3)
  const address = network.accounts[1]?.address ?? '0x'
  await lookUp(page, address)
  await expect(page.getByTestId('balance-proven')).toContainText('Merkle proof checked')
  await expect(page.getByTestId('check-proof')).toHaveAttribute('data-state', 'passed')
  const coins = Number((await network.publicClient().getBalance({ address })) / 10n ** 18n)
  await expect(page.getByTestId('balance')).toContainText(coins.toLocaleString('en'))

  await lookUp(page, `0x${'de'.repeat(20)}`)
  await expect(page.getByTestId('balance-proven')).toContainText('its absence is proven')
})

test('connects by WebSocket alone', async ({ openTab }) => {
  const { page } = await openTab({ query: 'transport=ws' })
  await waitForVerified(page, 3)
  for (const peer of await page.getByTestId('peers').locator('tr').allInnerTexts()) expect(peer).toContain('WebSocket')
})

test('does without WebRTC, and says so', async ({ openTab }) => {
  const { page } = await openTab({ withoutWebRtc: true })
  await expect(page.getByText('No WebRTC in this browser')).toBeVisible()
  await waitForVerified(page, 1)
  await expect(page.getByTestId('peers').locator('tr').first()).toContainText('WebSocket')
})

test('says what is missing when core.wasm cannot be loaded', async ({ openTab }) => {
  const { page } = await openTab({ prepare: (bare) => bare.route('**/*.wasm', (route) => route.abort()) })
  await expect(page.getByTestId('failure')).toContainText('CORE_MISSING', { timeout: 30_000 })
})

test('refuses a network whose genesis is not the pinned one', async ({ openTab }) => {
  const { page } = await openTab({ query: `genesis=0x${'11'.repeat(32)}` })
  await expect(page.getByTestId('failure')).toContainText('GENESIS_REFUSED', { timeout: 30_000 })
  await expect(page.getByTestId('verified-height')).toHaveText('–')
})

test('refuses a chain spec that was changed on the way', async ({ url, openTab }) => {
  const real = (await (await fetch(new URL('network.json', url))).json()) as { genesisHash: string }
  const prepare = (bare: Page): Promise<unknown> =>
    bare.route('**/network.json', async (route) => {
      const response = await route.fetch()
      const description = (await response.json()) as { chainSpec: { alloc: Record<string, { balance: string }> } }
      for (const account of Object.values(description.chainSpec.alloc)) account.balance = '0x1'
      await route.fulfill({ response, json: description })
    })
  const { page } = await openTab({ query: `genesis=${real.genesisHash}`, prepare })
  await expect(page.getByTestId('failure')).toContainText('GENESIS_REFUSED', { timeout: 30_000 })
})

test('runs one node in a browser: a second tab waits and takes over', async ({ network, context, openTab }) => {
  const { page: first } = await openTab({ context })
  await waitForVerified(first, 3)
  const { page: second } = await openTab({ context })
  await expect(second.getByTestId('other-tab')).toBeVisible()
  // What needs no store it does by itself.
  await lookUp(second, network.accounts[0]?.address)
  await expect(second.getByTestId('balance-proven')).toContainText('The validators have signed that root')
  const before = await verifiedHeight(first)
  await first.close()
  await waitForVerified(second, before)
  await expect(second.getByTestId('other-tab')).toBeHidden()
})
