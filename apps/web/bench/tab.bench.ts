/**
 * The page in Chromium against four validators: how soon it has verified its first block, cold and warm, what BLS
 * and execution cost there, its memory, and what a visitor downloads.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { startLocalnet, startWebServer } from '@cairn/cli'
import { type Browser, type Page, chromium } from 'playwright-core'
import { buildWeb } from '../../../scripts/build-web.ts'
import { chromiumArguments, findChromium } from '@cairn/playwright/chromium'

export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const BLOCKS_WATCHED = 12
const POLL_INTERVAL_MS = 10
const WAIT_MAX_MS = 60_000

export async function runTabBench(): Promise<readonly BenchRow[]> {
  await buildWeb(() => undefined)
  const executablePath = findChromium()
  if (executablePath === undefined) {
    console.error('tab: no Chromium found (set CAIRN_CHROMIUM); only download sizes are measured')
    return downloadRows()
  }
  const directory = mkdtempSync(join(tmpdir(), 'cairn-tab-bench-'))
  const heights = new Map<number, number>()
  const network = await startLocalnet(
    { directory, validatorCount: 4, rpcPort: () => 0, logLevel: 'warn', heartbeatMs: 500 },
    { onFinalized: (index, block) => heights.set(index, block.height) },
  )
  const web = await startWebServer(network, 0)
  const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] })
  try {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'] })
    const page = await context.newPage()
    return [...(await measure(browser, page, web.url)), ...downloadRows()]
  } finally {
    await browser.close()
    await web.stop()
    await network.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measure(browser: Browser, page: Page, url: string): Promise<readonly BenchRow[]> {
  const coldMs = await timeToVerified(page, () => page.goto(url))
  const certificateMs: number[] = []
  const executionMs: number[] = []
  for (let seen = await verifiedHeight(page), count = 0; count < BLOCKS_WATCHED; count++) {
    seen = await waitAbove(page, seen)
    certificateMs.push(await milliseconds(page, 'check-certificate'))
    executionMs.push(await milliseconds(page, 'check-execution'))
  }
  const memory = await rendererMemoryMiB(browser)
  const warmMs = await timeToVerified(page, () => page.reload())
  const row = (name: string, value: number, unit: string, reference: string): BenchRow => ({
    name,
    value,
    unit,
    reference,
  })
  return [
    row('tab/start-to-verified-block/store=empty', coldMs, 'ms', 'goal to first verified balance ≤ 1 000'),
    row('tab/start-to-verified-block/store=full', warmMs, 'ms', 'goal ≤ 300; smoldot 7 000–8 000'),
    row('tab/verify-certificate/back-end=herumi-wasm', median(certificateMs), 'ms', 'goal ≤ 4; herumi 8.4, noble 10.1'),
    row('tab/execute-block/transactions=0', median(executionMs), 'ms', 'system calls only'),
    row('tab/memory/renderer-resident', memory, 'MiB', 'goal light ≤ 64, validator ≤ 256; others 45–146 idle'),
  ]
}

async function timeToVerified(page: Page, open: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await open()
  await waitAbove(page, 0)
  return performance.now() - startedAtMs
}

/** The verified height once it is above `height`. @throws Error with what the page says when it stays below */
async function waitAbove(page: Page, height: number): Promise<number> {
  const giveUpAtMs = performance.now() + WAIT_MAX_MS
  for (;;) {
    if (performance.now() > giveUpAtMs) {
      throw new Error(
        `the tab did not pass height ${height}: ${(await page.locator('main').innerText()).slice(0, 500)}`,
      )
    }
    const shown = await verifiedHeight(page)
    if (shown > height) return shown
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
  }
}

async function verifiedHeight(page: Page): Promise<number> {
  return Number((await page.getByTestId('verified-height').innerText()).replaceAll(/\D/g, ''))
}

/** The last «… ms» that a check's row shows. */
async function milliseconds(page: Page, check: string): Promise<number> {
  const text = await page.getByTestId(check).innerText()
  return Number(/([\d.]+)\s*ms(?!.*\d\s*ms)/s.exec(text)?.[1] ?? Number.NaN)
}

/** Resident memory of the largest renderer process, workers included; NaN where the system does not tell. */
async function rendererMemoryMiB(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentMiB(id))
  return Math.max(...sizes)
}

function residentMiB(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
  } catch {
    return Number.NaN
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Brotli sizes at quality 11, as a static host would prepare them. */
function downloadRows(): readonly BenchRow[] {
  const sizes = new Map<string, number>()
  for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.map') || entry.name.startsWith('.')) continue
    const sizeKiB = brotliCompressSync(readFileSync(join(entry.parentPath, entry.name))).length / 1_024
    const kind = extname(entry.name).slice(1)
    sizes.set(kind, (sizes.get(kind) ?? 0) + sizeKiB)
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const row = (kind: string, value: number, reference: string): BenchRow => ({
    name: `tab/download/kind=${kind}`,
    value,
    unit: 'KiB brotli',
    reference,
  })
  return [
    row('all', total, 'goal ≤ 1 024; Lumina 1 410, Linera 2 940'),
    ...[...sizes].toSorted((a, b) => b[1] - a[1]).map(([kind, size]) => row(kind, size, '')),
  ]
}
