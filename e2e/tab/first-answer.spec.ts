/** The first proved balance needs no peer: servers are asked over HTTP, and believed no more than peers. */
import type { Page } from '@playwright/test'
import { expect, test } from '@cairn/playwright'
import { SHARED } from './shared-network.ts'

test.use({ cairn: SHARED })

/** Nobody listens there. */
const NOBODY = '/ip4/127.0.0.1/tcp/1/ws/p2p/12D3KooWRBhwfeP2Y4TCx1SM6s9rUoHhR5STiGwxBhgFRcw3UERE'

const withoutPeers = (page: Page): Promise<unknown> =>
  page.route('**/network.json', async (route) => {
    const response = await route.fetch()
    const description = (await response.json()) as object
    await route.fulfill({ response, json: { ...description, bootstrap: [NOBODY] } })
  })

async function lookUp(page: Page, address: string): Promise<void> {
  await page.getByLabel('Account address').fill(address)
  await page.getByRole('button', { name: 'Look up' }).click()
}

for (const role of ['light', 'serving']) {
  test(`a ${role} tab proves a balance before it has a peer, and says what vouches for it`, async ({
    network,
    openTab,
  }) => {
    await network.waitForHeight(2)
    const { page } = await openTab({ query: `role=${role}`, prepare: withoutPeers })
    const address = network.accounts[1]?.address ?? '0x'
    await lookUp(page, address)
    await expect(page.getByTestId('balance-proven')).toContainText('Merkle proof checked')
    await expect(page.getByTestId('balance-proven')).toContainText('The validators have signed that root')
    await expect(page.getByTestId('balance-proven')).toContainText(/at height [\d,]+, \d+ s old/)
    const coins = Number((await network.publicClient().getBalance({ address })) / 10n ** 18n)
    await expect(page.getByTestId('balance')).toContainText(coins.toLocaleString('en'))
    await expect(page.getByTestId('peers')).toHaveCount(0)
  })
}

test('a light tab loads no core', async ({ openTab }) => {
  const loaded: string[] = []
  const prepare = async (page: Page): Promise<void> => {
    page.on('request', (request) => void loaded.push(request.url()))
  }
  const { page } = await openTab({ query: 'role=light', prepare })
  await expect(page.getByTestId('check-certificate')).toHaveAttribute('data-state', 'passed', { timeout: 30_000 })
  // What its worker loads is seen here too.
  expect(loaded.filter((url) => /light-.*wasm/.test(url))).not.toEqual([])
  expect(loaded.filter((url) => /core-.*wasm|executor-worker/.test(url))).toEqual([])
})

test('asks another server when one gives a proof that does not hold', async ({ network, openTab }) => {
  await network.waitForHeight(2)
  let forged = 0
  const prepare = async (page: Page): Promise<void> => {
    await withoutPeers(page)
    await page.route(`${network.rpcUrl(0)}/`, async (route) => {
      const response = await route.fetch()
      const { result, ...rest } = (await response.json()) as { readonly result: string }
      forged++
      // The last node of the proof, a byte in its middle.
      const at = result.length - 40
      const digit = result[at] === '0' ? '1' : '0'
      await route.fulfill({
        response,
        json: { ...rest, result: `${result.slice(0, at)}${digit}${result.slice(at + 1)}` },
      })
    })
  }
  const { page } = await openTab({ query: 'role=light', prepare })
  await lookUp(page, network.accounts[1]?.address ?? '0x')
  await expect(page.getByTestId('balance-proven')).toContainText('Merkle proof checked')
  expect(forged).toBeGreaterThan(0)
  await expect(page.getByTestId('refused')).toContainText('PROOF_')
})
