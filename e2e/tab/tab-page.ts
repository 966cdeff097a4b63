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
