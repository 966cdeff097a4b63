/** A light tab that was away for many epochs, and servers that lie about how they ended. */
import { type Lie, type SoloNetwork, expect, test } from '@cairn/playwright'
import { waitForVerified } from './tab-page.ts'

const EPOCH_BLOCKS = 20

// The first epoch's end must still be within the trusting period when the tab comes back.
const OPTIONS = { epochLengthBlocks: EPOCH_BLOCKS, genesisAgeMs: 266_000 }

async function openNetwork(solo: SoloNetwork, lies: readonly (Lie | undefined)[]) {
  const servers = await Promise.all(lies.map((lie) => solo.startServer(lie === undefined ? {} : { lie })))
  const url = await solo.startWeb(servers)
  const asked = (): number => servers.reduce((sum, server) => sum + server.answered('light-block'), 0)
  return { url: `${url}/?role=light&transport=ws`, servers, asked }
}

test('a light tab that was away for twelve epochs takes one certificate for them, and a witness', async ({
  startSolo,
  page,
}) => {
  const solo = await startSolo(OPTIONS)
  await solo.grow(EPOCH_BLOCKS + 3)
  const { url, servers, asked } = await openNetwork(solo, [undefined, undefined])
  await page.goto(url)
  await waitForVerified(page, EPOCH_BLOCKS + 3)
  await page.goto('about:blank')
  const before = asked()

  await solo.grow(12 * EPOCH_BLOCKS)
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

test('a server that forges the end of an epoch is refused, banned and named; the honest one is followed', async ({
  startSolo,
  page,
}) => {
  const solo = await startSolo(OPTIONS)
  await solo.grow(12 * EPOCH_BLOCKS + 3)
  // The liar alone first: the page learns nothing from it but that it lies.
  const { url, servers } = await openNetwork(solo, ['light-block'])
  await page.goto(url)
  await expect(page.getByTestId('refused')).toContainText('LIGHT_BAD_CERTIFICATE', { timeout: 30_000 })
  await expect(page.getByTestId('peers').locator('tr')).toHaveCount(0, { timeout: 30_000 })
  expect(servers[0]?.answered('light-block')).toBe(1)
  await expect(page.getByTestId('verified-height')).toHaveText('–')

  const honest = await openNetwork(solo, [undefined])
  await page.goto(honest.url)
  await waitForVerified(page, 12 * EPOCH_BLOCKS + 3)
})
