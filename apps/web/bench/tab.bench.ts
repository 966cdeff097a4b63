/**
 * The page in Chromium against four validators: how soon its node answers and proves a balance, cold and warm, what
 * BLS and execution cost there, its memory, and what a visitor downloads.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { startLocalnet, startWebServer, webNetworkOf } from '@cairn/cli'
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core'
import { buildWeb } from '../../../scripts/build-web.ts'
import { chromiumArguments, findChromium } from '@cairn/playwright/chromium'
import { rendererMemoryMiB } from './renderer-memory.ts'
import { type StartSteps, medianSteps, startSteps } from './start-steps.ts'

export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const BLOCKS_WATCHED = 12
const ROUNDS = 5
/** A look at the page costs its thread three milliseconds, and the browser's process more: a start is all but left alone. */
const POLL_INTERVAL_MS = 250
/** Chromium fills a new window with pages of its own (toolbar, search box) for most of a second, on the same two cores. */
const WINDOW_SETTLED_AFTER_MS = 1_500
/** Each look at the page leaves garbage in it. */
const BLOCK_POLL_INTERVAL_MS = 100
/** By then the browser has collected what a start leaves behind. */
const SETTLED_AFTER_MS = 60_000
const WAIT_MAX_MS = 60_000
const MEMORY_LOOKS = 9
const MEMORY_LOOK_INTERVAL_MS = 4_000
/** A serving tab's is the validator's. */
const MEMORY_GOALS_MIB = { light: 64, serving: 256 } as const

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
  const web = await startWebServer(() => webNetworkOf(network), 0)
  const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] })
  try {
    return [...(await measure(browser, web.url)), ...downloadRows()]
  } finally {
    await browser.close()
    await web.stop()
    await network.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** `cold`: nothing stored, nothing cached; `reloaded`: while the page before goes; `again`: in a window of its own. */
type Visit = 'cold' | 'reloaded' | 'again'

async function openWindow(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  await page.addInitScript(START_SCRIPT)
  await new Promise((resolve) => setTimeout(resolve, WINDOW_SETTLED_AFTER_MS))
  return page
}

async function measure(browser: Browser, url: string): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = []
  const row = (name: string, value: number, unit: string, reference: string): void =>
    void rows.push({ name: `tab/${name}`, value, unit, reference })
  for (const role of ['light', 'serving'] as const) {
    const visits: Record<Visit, StartTimes[]> = { cold: [], reloaded: [], again: [] }
    const steps: StartSteps[] = []
    for (let round = 0; round < ROUNDS; round++) {
      // A context of its own has an empty store and an empty cache.
      const context = await browser.newContext({ permissions: ['camera', 'microphone'] })
      const first = await openWindow(context)
      await first.goto(`${url}/?role=${role}`)
      visits.cold.push(await startTimes(first))
      await first.reload()
      visits.reloaded.push(await startTimes(first))
      steps.push(await startSteps(first))
      await first.close()
      const second = await openWindow(context)
      await second.goto(`${url}/?role=${role}`)
      visits.again.push(await startTimes(second))
      await context.close()
    }
    for (const [visit, times] of Object.entries(visits)) {
      const api = median(times.map(({ apiMs }) => apiMs))
      const balance = median(times.map(({ balanceMs }) => balanceMs))
      const goal = visit === 'cold' ? 'goal ≤ 1 000' : 'goal ≤ 300; smoldot 7 000–8 000'
      row(`start-to-api/role=${role},visit=${visit}`, api, 'ms', 'goal ≤ 300; Nimiq 406')
      row(`start-to-verified-balance/role=${role},visit=${visit}`, balance, 'ms', goal)
    }
    for (const [step, atMs] of medianSteps(steps)) {
      row(`start-step/role=${role},visit=reloaded,step=${step}`, atMs, 'ms', STEPS[step] ?? '')
    }
  }
  rows.push(...(await watchBlocks(browser, url)))
  return rows
}

/** Costs of blocks as they come, and memory after them. */
async function watchBlocks(browser: Browser, url: string): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = []
  const row = (name: string, value: number, unit: string, reference: string): void =>
    void rows.push({ name: `tab/${name}`, value, unit, reference })
  const blank = 'about:blank, whose part is in every figure below'
  row('memory/page=blank', await emptyPageMemoryMiB(browser), 'MiB', blank)
  for (const role of ['light', 'serving'] as const) {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'] })
    const page = await context.newPage()
    const openedAtMs = performance.now()
    await page.goto(`${url}/?role=${role}`)
    const certificateMs: number[] = []
    const executionMs: number[] = []
    for (let seen = await waitAbove(page, 0), count = 0; count < BLOCKS_WATCHED; count++) {
      seen = await waitAbove(page, seen)
      certificateMs.push(await milliseconds(page, 'check-certificate'))
      if (role === 'serving') executionMs.push(await milliseconds(page, 'check-execution'))
    }
    if (role === 'serving') {
      const reference = 'goal ≤ 4; herumi 8.4, noble 10.1'
      row('verify-certificate/back-end=blst-wasm', median(certificateMs), 'ms', reference)
      row('execute-block/transactions=0', median(executionMs), 'ms', 'system calls only')
    }
    const goal = `goal ≤ ${MEMORY_GOALS_MIB[role]}, of the renderer’s own; others 45–146 idle`
    row(`memory/role=${role},after=${BLOCKS_WATCHED}-blocks`, await rendererMemoryMiB(browser), 'MiB', goal)
    await new Promise((resolve) => setTimeout(resolve, openedAtMs + SETTLED_AFTER_MS - performance.now()))
    const looks = await looksAtMemory(browser)
    row(`memory/role=${role},after=${SETTLED_AFTER_MS / 1_000}-s`, median(looks), 'MiB', goal)
    row(
      `memory/role=${role},after=${SETTLED_AFTER_MS / 1_000}-s,most`,
      Math.max(...looks),
      'MiB',
      'just before a collection',
    )
    await context.close()
  }
  return rows
}

/** Garbage grows and goes in a saw-tooth of a few seconds: one look tells as much of the collector as of the page. */
async function looksAtMemory(browser: Browser): Promise<readonly number[]> {
  const looks: number[] = []
  for (let look = 0; look < MEMORY_LOOKS; look++) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, MEMORY_LOOK_INTERVAL_MS))
    looks.push(await rendererMemoryMiB(browser))
  }
  return looks
}

async function emptyPageMemoryMiB(browser: Browser): Promise<number> {
  const context = await browser.newContext()
  await (await context.newPage()).goto('about:blank')
  const memory = await rendererMemoryMiB(browser)
  await context.close()
  return memory
}

/** What has happened at each step of a start; see `StartStep` of the browser package. */
const STEPS: Readonly<Record<string, string>> = {
  document: 'index.html is there',
  'page-code': 'the window’s first script is there',
  worker: 'the node’s worker exists',
  evaluated: 'its code has run',
  genesis: 'genesis computed from the chain spec',
  bls: 'light.wasm instantiated',
  trusted: 'the validators’ keys count',
  lock: 'the one node of this origin',
  answered: 'a server’s first answer',
  certified: 'its certificate verified',
  asked: 'the page’s question for a balance goes out',
  replied: 'a server’s answer to it',
  proved: 'the balance proved',
}

interface StartTimes {
  readonly apiMs: number
  readonly balanceMs: number
}

/**
 * In the page, from its navigation on: when the node's worker first answers a call (it refuses the nonsense), and when
 * a balance of the genesis allocation first comes with a proof that holds, against a block that a server has just named as its
 * head and a certificate that was verified in this visit. Nothing stored answers here, cold or warm.
 */
const START_SCRIPT = `{
  const times = (globalThis.startTimes = {})
  const timer = setInterval(async () => {
    const node = globalThis.cairn
    if (node === undefined) return
    clearInterval(timer)
    await node.balance('nonsense')
    times.apiMs = performance.now()
    for (;;) {
      const address = node.snapshot().trust?.fundedAddress
      const answer = address === undefined ? undefined : await node.balance(address)
      if (answer !== undefined && 'proven' in answer) break
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    times.balanceMs = performance.now()
  }, 1)
}`

/** Polled from here: the page forbids scripts that are made from text. */
async function startTimes(page: Page): Promise<StartTimes> {
  const giveUpAtMs = performance.now() + WAIT_MAX_MS
  for (;;) {
    const times = await page.evaluate(() => (globalThis as { startTimes?: Partial<StartTimes> }).startTimes)
    if (times?.apiMs !== undefined && times.balanceMs !== undefined) {
      return { apiMs: times.apiMs, balanceMs: times.balanceMs }
    }
    if (performance.now() > giveUpAtMs) throw new Error(`no proven balance: ${await page.locator('main').innerText()}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
  }
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
    await new Promise((resolve) => setTimeout(resolve, BLOCK_POLL_INTERVAL_MS))
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
