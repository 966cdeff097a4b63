/** Which Chromium the tests drive. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

/** `CAIRN_CHROMIUM`, else a system-wide one, else Playwright's own download; `undefined` where there is none. */
export function findChromium(): string | undefined {
  const named = process.env['CAIRN_CHROMIUM']
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined
  const folders = ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)]
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...candidates, chromium.executablePath()].find((path) => path !== '' && existsSync(path))
}

/** No network of its own, no first-run pages, and no sandbox, which needs rights that containers lack. */
export const chromiumArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
