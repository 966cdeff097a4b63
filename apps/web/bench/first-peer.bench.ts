/**
 * How long a tab waits for its first peer, and by which transport it comes, in each browser that is installed: four validators, which a
 * tab can reach by WebRTC-direct and by WebSocket; the light role would begin with the latter (ADR 054). `again`: a second visit of the same browser, which knows what worked.
 */
import { findFirefox, launchFirefox, startNetwork } from '@cairn/playwright'
import { chromiumArguments, findChromium } from '@cairn/playwright/chromium'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { buildWeb } from '../../../scripts/build-web.ts'
import type { BenchRow } from './tab.bench.ts'

const VISITS = 5
/** A good peer is remembered after twenty seconds, and written down every fifteen. */
const REMEMBERED_AFTER_MS = 36_000
const TRANSPORTS: readonly string[] = ['webrtc-direct', 'ws']

export async function runFirstPeerBench(): Promise<readonly BenchRow[]> {
  await buildWeb(() => undefined)
  const rows: BenchRow[] = []
  const network = await startNetwork({ validators: 4, heartbeatMs: 500, epochLengthBlocks: 100_000 })
  try {
    await network.waitForHeight(3)
    const url = `${await network.startWeb()}?role=serving`
    for (const [name, browser] of await launchAll()) {
      try {
        rows.push(...(await measure(name, browser, url)))
      } finally {
        await browser.close()
      }
    }
  } finally {
    await network.stop()
  }
  return rows
}

async function launchAll(): Promise<readonly (readonly [string, Browser])[]> {
  const [chromiumPath, firefoxPath] = [findChromium(), findFirefox()]
  return [
    ...(chromiumPath === undefined
      ? []
      : [['chromium', await chromium.launch({ executablePath: chromiumPath, args: [...chromiumArguments] })] as const]),
    ...(firefoxPath === undefined ? [] : [['firefox', await launchFirefox(firefoxPath)] as const]),
  ]
}

async function measure(name: string, browser: Browser, url: string): Promise<readonly BenchRow[]> {
  const fresh: Visit[] = []
  for (let visit = 0; visit < VISITS; visit++)
    fresh.push(await withContext(name, browser, (context) => open(context, url)))
  const again = await withContext(name, browser, async (context) => {
    await open(context, url, REMEMBERED_AFTER_MS)
    const visits: Visit[] = []
    for (let visit = 0; visit < VISITS; visit++) visits.push(await open(context, url))
    return visits
  })
  return [
    { name: `first-peer/browser=${name}`, ...medianOf(fresh) },
    { name: `first-peer/browser=${name},again`, ...medianOf(again) },
  ]
}

interface Visit {
  readonly firstMs: number
  readonly transports: readonly string[]
}

/** From the page's start to a peer that is a server. */
async function open(context: BrowserContext, url: string, stayMs = 0): Promise<Visit> {
  const page = await context.newPage()
  await page.goto(url)
  const visit = await page.evaluate(async (wanted): Promise<Visit> => {
    const { cairn } = globalThis as unknown as PageGlobals
    for (;;) {
      const transports = cairn
        .snapshot()
        .peers.map(({ transport }) => transport)
        .filter((one) => wanted.includes(one))
      if (transports.length > 0) return { firstMs: performance.now(), transports }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }, TRANSPORTS)
  await page.waitForTimeout(stayMs)
  await page.close()
  return visit
}

interface PageGlobals {
  readonly cairn: { snapshot(): { readonly peers: readonly { readonly transport: string }[] } }
}

async function withContext<T>(
  name: string,
  browser: Browser,
  work: (context: BrowserContext) => Promise<T>,
): Promise<T> {
  const permissions = name === 'chromium' ? { permissions: ['camera', 'microphone'] } : {}
  const context = await browser.newContext(permissions)
  try {
    return await work(context)
  } finally {
    await context.close()
  }
}

function medianOf(visits: readonly Visit[]): Omit<BenchRow, 'name'> {
  const times = visits.map(({ firstMs }) => firstMs).toSorted((a, b) => a - b)
  const by = TRANSPORTS.map(
    (wanted) => `${visits.filter(({ transports }) => transports[0] === wanted).length} ${wanted}`,
  )
  const spread = `${times[0]?.toFixed(0)}–${times.at(-1)?.toFixed(0)} ms`
  return {
    value: times[times.length >> 1] ?? Number.NaN,
    unit: 'ms',
    reference: `${spread}, first by ${by.join(', ')}`,
  }
}
