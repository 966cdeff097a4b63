/** Many light tabs at once, over the ends of epochs: certificates and proofs alone carry them on. */
import { type Tab, expect, test } from '@cairn/playwright'
import { lookUp } from './tab-page.ts'

const TABS = 20
const EPOCH_BLOCKS = 20

// An idle epoch takes longer than trust lasts (ADR 044): it holds because each new block renews it.
test.use({ cairn: { heartbeatMs: 2_000, epochLengthBlocks: EPOCH_BLOCKS } })

test('twenty light tabs follow the same chain from epoch to epoch', async ({ network, openTab, browser }) => {
  test.setTimeout(300_000)
  const tabs: Tab[] = []
  // A mesh of twenty on one machine would measure the machine: each transport has its share, the mesh some.
  for (const transport of ['any', 'webrtc-direct', 'ws', 'ws', 'ws']) {
    const query = `role=light&transport=${transport}`
    const open = async (): Promise<Tab> => {
      // Twenty large pages would cost more to paint than to run.
      const context = await browser.newContext({ viewport: { width: 320, height: 240 } })
      return openTab({ query, context })
    }
    tabs.push(...(await Promise.all(Array.from({ length: TABS / 5 }, open))))
  }
  await Promise.all(tabs.map((tab) => tab.waitForHeight(1, 120_000)))
  // All of them live through the next end of an epoch, which the light role learns by its certificate.
  const end = EPOCH_BLOCKS * Math.ceil((network.maxHeight() + 2) / EPOCH_BLOCKS)
  await Promise.all(tabs.map((tab) => tab.waitForHeight(end + 2, 120_000)))
  network.assertSameRoot()
  const finalized = new Map<number, string>(network.finalized(0).map((block) => [block.height, block.stateRoot]))
  for (const tab of tabs) {
    const state = await tab.state()
    expect(state?.failure).toBeUndefined()
    const compared = (state?.blocks ?? []).filter(({ height }) => finalized.has(height))
    expect(compared.length).toBeGreaterThan(0)
    for (const { height, headerStateRoot } of compared) expect(headerStateRoot).toBe(finalized.get(height))
  }
  for (const { page } of tabs.slice(0, 3)) {
    await lookUp(page, network.accounts[0]?.address)
    const answer = page.getByTestId(/^balance-(proven|refused)$/)
    await expect(answer).toContainText('Merkle proof checked', { timeout: 30_000 })
  }
})
