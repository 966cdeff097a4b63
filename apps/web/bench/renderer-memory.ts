import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'

/**
 * Memory that the largest renderer process has for itself, workers included: not the pages of Chromium's own files that
 * all processes share. NaN where the system does not tell.
 */
export async function rendererMemoryMiB(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => privateMiB(id))
  return Math.max(...sizes)
}

function privateMiB(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    const kilobytes = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB/gm)].map(([, size]) => Number(size))
    return kilobytes.reduce((sum, size) => sum + size, 0) / 1_024
  } catch {
    return Number.NaN
  }
}
