/** What the tests read off the page. */
import { expect, type Page } from '@playwright/test'

export async function verifiedHeight(page: Page): Promise<number> {
  const text = await page.getByTestId('verified-height').innerText()
  return text === '–' ? 0 : Number(text.replaceAll(',', ''))
}

/** Waits until the tab itself has verified `height`. */
export async function waitForVerified(page: Page, height: number, timeoutMs = 60_000): Promise<void> {
  await expect.poll(() => verifiedHeight(page), { timeout: timeoutMs }).toBeGreaterThanOrEqual(height)
}

/** Asks the page for a balance, with its proof. */
export async function lookUp(page: Page, address = ''): Promise<void> {
  await page.getByLabel('Account address').fill(address)
  await page.getByRole('button', { name: 'Look up' }).click()
}

export interface BlockRow {
  readonly height: number
  readonly stateRoot: string
}

/** The table of verified blocks, newest first, read in one go: it changes all the time. */
export function blockRows(page: Page): Promise<readonly BlockRow[]> {
  return page.getByTestId('blocks').evaluate((body) =>
    [...body.querySelectorAll('tr')].map((row) => ({
      height: Number(row.querySelector('th')?.textContent?.replaceAll(',', '')),
      stateRoot: row.querySelector('td:last-child .hex')?.getAttribute('title') ?? '',
    })),
  )
}

/** A script for the page: flips the last byte of every value in the chain store, gives their number. */
export const flipStoredBytes = `(async () => {
  const settle = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const { name } = (await indexedDB.databases()).find((database) => database.name.startsWith('cairn-chain-'))
  const database = await settle(indexedDB.open(name))
  const store = database.transaction(database.objectStoreNames, 'readwrite').objectStore(database.objectStoreNames[0])
  const keys = await settle(store.getAllKeys())
  const values = await settle(store.getAll())
  for (const [index, value] of values.entries()) {
    const bytes = new Uint8Array(value)
    if (bytes.length > 0) bytes[bytes.length - 1] ^= 1
    await settle(store.put(value, keys[index]))
  }
  database.close()
  return values.length
})()`
