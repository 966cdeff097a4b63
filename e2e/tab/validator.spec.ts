/** A validator in a tab: its key, its backup, and what it does without its vote record. */
import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { expect, keyBackup, test } from '@cairn/playwright'

const PASSPHRASE = 'a passphrase of a test'

// The fourth validator’s key is for a tab; three servers are a quorum.
test.use({ cairn: { validators: 4, tabValidators: 1, heartbeatMs: 300, isShared: true } })

async function submit(page: Page, action: string, passphrase = PASSPHRASE): Promise<void> {
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: action }) })
  await form.getByLabel('Passphrase').fill(passphrase)
  await form.getByRole('button', { name: action }).click()
}

test('a key is made, votes for nobody before its backup opens, and is refused by a network that does not know it', async ({
  openTab,
}) => {
  const { page } = await openTab({ query: 'role=validator' })
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

test('a lost record means listening first; with its record the same key goes on at once', async ({
  network,
  openTab,
}) => {
  // A key that comes from a backup may have signed elsewhere: it must not vote at once.
  const backup = await keyBackup(network.secretKey(3), PASSPHRASE)
  const { page } = await openTab({ query: 'role=validator' })
  await page.getByLabel('Backup file').setInputFiles({
    name: 'backup.json',
    mimeType: 'application/json',
    buffer: Buffer.from(backup),
  })
  await submit(page, 'Take over a key from its backup')
  await submit(page, 'Start validating')
  const panel = page.getByTestId('validator')
  await expect(panel).toContainText('Listening first', { timeout: 60_000 })
  await expect(panel).toContainText('Voting', { timeout: 60_000 })
  await page.screenshot({ path: 'test-results/validator-voting.png', fullPage: true })

  await page.reload()
  await submit(page, 'Start validating')
  await expect(panel).toContainText(/Voting|Listening/, { timeout: 30_000 })
  await expect(panel).toContainText('Voting', { timeout: 1_000 })
})

test('a passkey opens the key besides the passphrase, in the place of typing it', async ({ browser, network, url }) => {
  // A browser makes passkeys for names only, not for addresses of digits.
  const named = new URL('?role=validator', url)
  named.hostname = 'localhost'
  const page = await browser.newPage()
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  const backup = await keyBackup(network.secretKey(3), PASSPHRASE)
  await page.goto(named.href)
  const buffer = Buffer.from(backup)
  await page.getByLabel('Backup file').setInputFiles({ name: 'backup.json', mimeType: 'application/json', buffer })
  await submit(page, 'Take over a key from its backup')
  await page.getByText('Open the key with a passkey').click()
  await submit(page, 'Add a passkey', 'not the passphrase')
  await expect(page.getByTestId('key-message')).toContainText('does not open')
  await submit(page, 'Add a passkey')
  await expect(page.getByTestId('key-message')).toContainText('The passkey opens this key')
  await page.screenshot({ path: 'test-results/validator-passkey.png', fullPage: true })

  await page.reload()
  await page.getByRole('button', { name: 'Start with the passkey' }).click()
  await expect(page.getByTestId('validator')).toContainText(/Voting|Listening/, { timeout: 60_000 })
  await page.close()
})
