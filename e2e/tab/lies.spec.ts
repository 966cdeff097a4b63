/** What the page refuses, whoever signs or serves it. */
import { type SoloNetwork, type SoloServer, type Tab, expect, test } from '@cairn/playwright'
import { lookUp, verifiedHeight } from './tab-page.ts'

interface Following {
  readonly solo: SoloNetwork
  readonly server: SoloServer
  readonly tab: Tab
}

/** A tab that has verified the one block there is, and asks this server only. */
const following = test.extend<{ readonly following: Following }>({
  following: async ({ startSolo, openTabAt }, use) => {
    const solo = await startSolo({ blocks: 1 })
    const server = await solo.startServer()
    const tab = await openTabAt(await solo.startWeb([server]))
    await tab.waitForHeight(1)
    await use({ solo, server, tab })
  },
})

following(
  'stops with a red banner at a block that its validators signed but that does not execute to its root',
  async ({ following: { solo, tab } }) => {
    await solo.grow(1, { stateRoot: solo.genesisHash })
    await expect(tab.page.getByTestId('failure')).toContainText('block 2 does not re-execute to its claimed root', {
      timeout: 30_000,
    })
    expect(await verifiedHeight(tab.page)).toBe(1)
  },
)

for (const { lie, name, code } of [
  { lie: 'certificate', name: 'a certificate whose signature does not verify', code: 'SYNC_BAD_CERTIFICATE' },
  { lie: 'block-data', name: 'block data that are not what was signed', code: 'SYNC_BAD_BLOCK_DATA' },
] as const) {
  following(`refuses ${name}`, async ({ following: { solo, server, tab } }) => {
    server.lieAbout(lie)
    await solo.grow(1)
    await expect(tab.page.getByTestId('refused')).toContainText(code, { timeout: 30_000 })
    expect(await verifiedHeight(tab.page)).toBe(1)
    expect((await tab.state())?.failure).toBeUndefined()
  })
}

following(
  'refuses a balance whose proof does not lead to the verified root',
  async ({ following: { solo, server, tab } }) => {
    server.lieAbout('balance')
    await lookUp(tab.page, solo.accounts[0]?.address)
    await expect(tab.page.getByTestId('balance-refused')).toContainText('PROOF_INVALID')
    await expect(tab.page.getByTestId('check-proof')).toHaveAttribute('data-state', 'failed')
  },
)
