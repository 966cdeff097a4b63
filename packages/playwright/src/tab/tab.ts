/** A node in a tab: the network's page in a browser context of its own, read through what the node itself publishes. */
import { type Browser, type BrowserContext, type Page, expect } from '@playwright/test'
import { type PageLife, controlPageLife } from './page-life.ts'
import type { TabState } from './tab-state.ts'

export interface TabOptions {
  /** Query string of the page's address, e.g. `transport=ws`. */
  readonly query?: string
  /** Opens in this context, beside its other tabs; default: a context of its own, as another user's browser. */
  readonly context?: BrowserContext
  /** Chooses whom the node is told of at its start, from the addresses of all servers; it may hear of others later. */
  readonly firstPeers?: (servers: readonly string[]) => readonly string[]
  /** As in a browser that has no WebRTC: WebSocket is left, and there are no tabs to talk to. */
  readonly withoutWebRtc?: boolean
  /** Runs before the page is loaded: routes, scripts. */
  readonly prepare?: (page: Page) => Promise<unknown>
}

export interface Tab extends PageLife {
  readonly page: Page
  /** What the node in the tab says of itself; `undefined` before its first word. */
  state(): Promise<TabState | undefined>
  /** Highest block that the tab itself has verified; 0 before. */
  height(): Promise<number>
  /** Rejects after `timeoutMs` (default 60 s), and at once when the tab's node has stopped, with its reason. */
  waitForHeight(height: number, timeoutMs?: number): Promise<void>
  /** State roots that the tab computed for its latest blocks, by height. */
  stateRoots(): Promise<ReadonlyMap<number, string>>
  /** Lines of the page's console, and errors nobody caught, oldest first. */
  readonly log: readonly string[]
  close(): Promise<void>
}

const HEIGHT_TIMEOUT_MS = 60_000
/** Lines kept of a tab's console. */
const LOG_LINES_MAX = 2_000

declare const cairn: { snapshot(): TabState } | undefined

/** Opens the page at `url`; resolves when it has loaded, which is before its node has verified anything. */
export async function openTab(browser: Browser, url: string, options: TabOptions = {}): Promise<Tab> {
  // WebRTC has no loopback candidates without these two.
  const context = options.context ?? (await browser.newContext({ permissions: ['camera', 'microphone'] }))
  const page = await context.newPage()
  const log = followLog(page)
  const life = controlPageLife(page)
  const address = new URL(url)
  address.search = options.query ?? ''
  if (options.firstPeers !== undefined) await chooseFirstPeers(page, options.firstPeers)
  if (options.withoutWebRtc === true) await page.addInitScript('delete globalThis.RTCPeerConnection')
  await options.prepare?.(page)
  await page.goto(address.href)
  const state = (): Promise<TabState | undefined> =>
    page.evaluate(() => (typeof cairn === 'undefined' ? undefined : cairn.snapshot()))
  const height = async (): Promise<number> => (await state())?.verifiedHeight ?? 0
  const heightOf = async (): Promise<number> => {
    const { verifiedHeight, failure } = (await state()) ?? {}
    if (failure !== undefined) throw new Error(`the tab has stopped: ${failure.code}: ${failure.message}`)
    return verifiedHeight ?? 0
  }
  return {
    ...life,
    page,
    log,
    state,
    height,
    waitForHeight: (target, timeoutMs = HEIGHT_TIMEOUT_MS) =>
      expect
        .poll(heightOf, { timeout: timeoutMs, message: `the tab verifies block ${target}`, intervals: [100] })
        .toBeGreaterThanOrEqual(target),
    stateRoots: async () =>
      new Map(
        (await state())?.blocks.flatMap(({ height: at, ownStateRoot }) =>
          ownStateRoot === undefined ? [] : [[at, ownStateRoot] as const],
        ),
      ),
    close: async () => {
      await page.close()
      if (options.context === undefined) await context.close()
    },
  }
}

function chooseFirstPeers(page: Page, choose: NonNullable<TabOptions['firstPeers']>): Promise<unknown> {
  return page.route('**/network.json', async (route) => {
    const response = await route.fetch()
    const description = (await response.json()) as { readonly bootstrap: readonly string[] }
    await route.fulfill({ response, json: { ...description, bootstrap: choose(description.bootstrap) } })
  })
}

function followLog(page: Page): readonly string[] {
  const lines: string[] = []
  const add = (line: string): void => {
    lines.push(line)
    if (lines.length > LOG_LINES_MAX) lines.shift()
  }
  page.on('console', (message) => add(`${message.type()} ${message.text()}`))
  page.on('pageerror', (error) => add(`uncaught ${error.stack ?? error.message}`))
  page.on('crash', () => add('the page has crashed'))
  return lines
}
