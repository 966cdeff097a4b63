/** A validator in a tab: its key, its backup, its vote record, and a network that needs its votes. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Page, expect, test } from '@playwright/test'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { sealKey } from '@cairn/platform-browser/sealed-key'
import { startNetwork, type TestNetwork } from '@cairn/playwright/network'
import { verifiedHeight, waitForVerified } from './tab-page.ts'

const PASSPHRASE = 'a passphrase of a test'

let network: TestNetwork
let url: string

test.beforeEach(async () => {
  network = await startNetwork()
  url = await network.startWeb()
  await network.waitForHeight(3)
})

test.afterEach(async () => {
  await network?.stop()
})

async function submit(page: Page, action: string, passphrase = PASSPHRASE): Promise<void> {
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: action }) })
  await form.getByLabel('Passphrase').fill(passphrase)
  await form.getByRole('button', { name: action }).click()
}

test('a key is made, votes for nobody before its backup opens, and is refused by a network that does not know it', async ({
  page,
}) => {
  await page.goto(`${url}?role=validator`)
  const download = page.waitForEvent('download')
  await submit(page, 'Create a key')
  const backup = await (await download).path()
  await expect(page.getByRole('button', { name: 'Start validating' })).toHaveCount(0)
  await page.getByLabel('Backup file').setInputFiles(backup)
  await submit(page, 'Check the backup', 'not the passphrase')
  await expect(page.getByTestId('key-message')).toContainText('does not open')
  await submit(page, 'Check the backup')
  await expect(page.getByTestId('validator')).toContainText('backed up')
  await page.screenshot({ path: 'test-results/validator-key.png', fullPage: true })
  expect(await readFile(backup, 'utf8')).not.toContain(PASSPHRASE)
  await submit(page, 'Start validating')
  await expect(page.getByTestId('failure')).toContainText('VALIDATOR_KEY_UNKNOWN', { timeout: 30_000 })
})

test('the network stops without the tab’s votes and goes on with them; a lost record means listening first', async ({
  page,
}) => {
  test.setTimeout(240_000)
  // The tab takes over the key of a server that is gone: its record is not here, so that it must not vote at once.
  await network.kill(3)
  const secretKey = new Uint8Array(await readFile(join(network.directory, 'validator-3', 'validator.key')))
  const sealed = await sealKey(secretKey, createNativeBls().publicKey(secretKey), PASSPHRASE, 1_000)
  await page.goto(`${url}?role=validator`)
  await page.getByLabel('Backup file').setInputFiles({
    name: 'backup.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(sealed)),
  })
  await submit(page, 'Take over a key from its backup')
  await submit(page, 'Start validating')
  await expect(page.getByTestId('validator')).toContainText('Listening first', { timeout: 60_000 })
  await expect(page.getByTestId('validator')).toContainText('Voting', { timeout: 120_000 })
  await waitForVerified(page, 3)
  await page.screenshot({ path: 'test-results/validator-voting.png', fullPage: true })

  await network.kill(2)
  const before = await verifiedHeight(page)
  await waitForVerified(page, before + 5)

  // With its record in IndexedDB the same key goes on at once.
  await page.reload()
  const stopped = network.maxHeight()
  await submit(page, 'Start validating')
  await waitForVerified(page, stopped + 5)
  await expect(page.getByTestId('validator')).toContainText('Voting')

  await page.close()
  const last = network.maxHeight()
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  expect(network.maxHeight()).toBeLessThanOrEqual(last + 1)
})
