/** A light tab that was away for many epochs, and servers that lie about how they ended. */
import { type LightBlock, decodeLightBlockResponse, encodeLightBlockResponse, hashHeader } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import { expect, test } from '@playwright/test'
import { type Manner, type OwnChain, createOwnChain, serveOwnPage, startOwnServer } from './own-network.ts'
import { waitForVerified } from './tab-page.ts'

const EPOCH_BLOCKS = 20

let stops: (() => Promise<void>)[] = []
let chain: OwnChain

test.beforeEach(async () => {
  // The first epoch's end must still be within the trusting period when the tab comes back.
  chain = await createOwnChain({ accounts: 0, epochLengthBlocks: EPOCH_BLOCKS, genesisAgeMs: 290_000 })
  stops = [() => chain.stop()]
})

test.afterEach(async ({ page }) => {
  // An open page keeps its connections, which a graceful stop would wait for.
  await page.close()
  for (const stop of stops.toReversed()) await stop()
})

async function openNetwork(manners: readonly (Manner | undefined)[]) {
  const servers = await Promise.all(manners.map((manner) => startOwnServer(chain.genesisHash, chain, manner)))
  stops.push(...servers.map((server) => () => server.stop()))
  const site = await serveOwnPage(
    chain,
    servers.map(({ address }) => address),
  )
  stops.push(() => site.stop())
  const asked = (): number => servers.reduce((sum, server) => sum + server.answered('light-block'), 0)
  return { url: `${site.url}/?role=light&transport=ws`, servers, asked }
}

test('a light tab that was away for twelve epochs takes one certificate for them, and a witness', async ({ page }) => {
  await chain.grow(EPOCH_BLOCKS + 3)
  const { url, servers, asked } = await openNetwork([undefined, undefined])
  await page.goto(url)
  await waitForVerified(page, EPOCH_BLOCKS + 3)
  await page.goto('about:blank')
  const before = asked()

  await chain.grow(12 * EPOCH_BLOCKS)
  await page.goto(url)
  await waitForVerified(page, 13 * EPOCH_BLOCKS + 3)
  // The end of the thirteenth epoch, from the peer that named it and, if it was connected by then, from the other one.
  expect(asked() - before).toBeLessThanOrEqual(2)
  expect(servers.every((server) => server.answered('epoch-ends') === 0)).toBe(true)
  await expect(page.getByTestId('refused')).toHaveText('none')

  // What it trusted then is kept: nothing of the past is asked for again.
  const known = asked()
  await page.goto('about:blank')
  await page.goto(url)
  await waitForVerified(page, 13 * EPOCH_BLOCKS + 3)
  expect(asked()).toBe(known)
})

/** The same epoch with another state, under a certificate of something else. */
const forging: Manner = (protocol, answer) => {
  if (protocol !== 'light-block') return answer
  const decoded = decodeLightBlockResponse(answer)
  const block = decoded.ok ? decoded.value.block : undefined
  return encodeLightBlockResponse({ block: block && forged(block) })
}

function forged(block: LightBlock): LightBlock {
  const header = { ...block.header, stateRoot: keccak256(new Uint8Array(1)) }
  return { ...block, header, finalization: { ...block.finalization, hash: hashHeader(header) } }
}

test('a server that forges the end of an epoch is refused, banned and named; the honest one is followed', async ({
  page,
}) => {
  await chain.grow(12 * EPOCH_BLOCKS + 3)
  // The liar alone first: the page learns nothing from it but that it lies.
  const { url, servers } = await openNetwork([forging])
  await page.goto(url)
  await expect(page.getByTestId('refused')).toContainText('LIGHT_BAD_CERTIFICATE', { timeout: 30_000 })
  await expect(page.getByTestId('peers').locator('tr')).toHaveCount(0, { timeout: 30_000 })
  expect(servers[0]?.answered('light-block')).toBe(1)
  await expect(page.getByTestId('verified-height')).toHaveText('–')

  const honest = await openNetwork([undefined])
  await page.goto(honest.url)
  await waitForVerified(page, 12 * EPOCH_BLOCKS + 3)
})
