/** The page against a real network of four validator processes: what it shows, and what it refuses. */
import { expect, test } from '@playwright/test'
import { createPublicClient, createWalletClient, http, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { startNetwork, type TestNetwork } from '@cairn/playwright/network'
import { blockRows, flipStoredBytes, verifiedHeight, waitForVerified } from './tab-page.ts'

let network: TestNetwork
let url: string

test.beforeAll(async () => {
  network = await startNetwork()
  url = await network.startWeb()
  await network.waitForHeight(3)
})

test.afterAll(async () => {
  await network?.stop()
})

test('verifies every block: certificate, execution, state root', async ({ page }) => {
  await page.goto(url)
  await waitForVerified(page, 3)
  const hash = await transfer(0)
  const receipt = await client().waitForTransactionReceipt({ hash })
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

test('goes on after a reload from what it had verified', async ({ page }) => {
  await page.goto(url)
  await waitForVerified(page, 5)
  const before = await verifiedHeight(page)
  await page.reload()
  await expect(page.getByTestId('restored-height')).toHaveText(/up to/)
  const restored = Number((await page.getByTestId('restored-height').innerText()).replaceAll(/\D/g, ''))
  expect(restored).toBeGreaterThanOrEqual(before)
  await waitForVerified(page, before + 2)
})

test('throws away what was changed in the store, and verifies it anew', async ({ page }) => {
  await page.goto(url)
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

test('shows a balance whose Merkle proof it has checked', async ({ page }) => {
  await page.goto(url)
  await waitForVerified(page, 3)
  const { address } = account(1)
  await page.getByLabel('Account address').fill(address)
  await page.getByRole('button', { name: 'Look up' }).click()
  await expect(page.getByTestId('balance-proven')).toContainText('Merkle proof checked')
  await expect(page.getByTestId('check-proof')).toHaveAttribute('data-state', 'passed')
  const coins = Number((await client().getBalance({ address })) / 10n ** 18n)
  await expect(page.getByTestId('balance')).toContainText(coins.toLocaleString('en'))

  await page.getByLabel('Account address').fill(`0x${'de'.repeat(20)}`)
  await page.getByRole('button', { name: 'Look up' }).click()
  await expect(page.getByTestId('balance-proven')).toContainText('its absence is proven')
})

test('connects by WebSocket alone', async ({ page }) => {
  await page.goto(`${url}?transport=ws`)
  await waitForVerified(page, 3)
  for (const peer of await page.getByTestId('peers').locator('tr').allInnerTexts()) expect(peer).toContain('WebSocket')
})

test('does without WebRTC, and says so', async ({ page }) => {
  await page.addInitScript('delete globalThis.RTCPeerConnection')
  await page.goto(url)
  await expect(page.getByText('No WebRTC in this browser')).toBeVisible()
  await waitForVerified(page, 1)
  await expect(page.getByTestId('peers').locator('tr').first()).toContainText('WebSocket')
})

test('says what is missing when core.wasm cannot be loaded', async ({ page }) => {
  await page.route('**/*.wasm', (route) => route.abort())
  await page.goto(url)
  await expect(page.getByTestId('failure')).toContainText('CORE_MISSING', { timeout: 30_000 })
})

test('refuses a network whose genesis is not the pinned one', async ({ page }) => {
  await page.goto(`${url}?genesis=0x${'11'.repeat(32)}`)
  await expect(page.getByTestId('failure')).toContainText('GENESIS_REFUSED', { timeout: 30_000 })
  await expect(page.getByTestId('verified-height')).toHaveText('–')
})

test('refuses a chain spec that was changed on the way', async ({ page }) => {
  const real = (await (await fetch(new URL('network.json', url))).json()) as { genesisHash: string }
  await page.route('**/network.json', async (route) => {
    const response = await route.fetch()
    const description = (await response.json()) as { chainSpec: { alloc: Record<string, { balance: string }> } }
    for (const account of Object.values(description.chainSpec.alloc)) account.balance = '0x1'
    await route.fulfill({ response, json: description })
  })
  await page.goto(`${url}?genesis=${real.genesisHash}`)
  await expect(page.getByTestId('failure')).toContainText('GENESIS_REFUSED', { timeout: 30_000 })
})

test('runs one node in a browser: a second tab waits and takes over', async ({ context }) => {
  const first = await context.newPage()
  await first.goto(url)
  await waitForVerified(first, 3)
  const second = await context.newPage()
  await second.goto(url)
  await expect(second.getByTestId('other-tab')).toBeVisible()
  const before = await verifiedHeight(first)
  await first.close()
  await waitForVerified(second, before)
  await expect(second.getByTestId('other-tab')).toBeHidden()
})

function account(index: number) {
  const key = network.fundedKeys[index]
  if (key === undefined) throw new RangeError(`no funded account ${index}`)
  return privateKeyToAccount(key)
}

function client() {
  return createPublicClient({ transport: http(network.rpcUrl(0)), pollingInterval: 100 })
}

function transfer(index: number): Promise<`0x${string}`> {
  const wallet = createWalletClient({ account: account(index), transport: http(network.rpcUrl(0)) })
  return wallet.sendTransaction({ chain: null, to: `0x${'ca'.repeat(20)}`, value: parseEther('1') })
}
