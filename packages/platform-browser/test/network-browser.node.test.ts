/** A worker in a real Chromium talks to a Node process over WebRTC-direct and over WebSocket. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createNetwork, generateIdentity } from '@cairn/network'
import type { TransportFactory } from '@cairn/network'
import type { Log, Network, PeerSummary } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { chromiumArguments, findChromium } from './chromium/find-chromium.ts'

const GENESIS_HASH = `0x${'ab'.repeat(32)}` as Hash
const executablePath = findChromium()
if (executablePath === undefined) console.warn('network-browser: skipped, no Chromium found (set CAIRN_CHROMIUM)')
const browserTest = test.skipIf(executablePath === undefined)

const closers: (() => Promise<unknown> | void)[] = []
const running: Network[] = []
let browser: Browser
let pageUrl = ''

beforeAll(async () => {
  if (executablePath === undefined) return
  const folder = mkdtempSync(join(tmpdir(), 'cairn-network-page-'))
  closers.push(() => rmSync(folder, { recursive: true }))
  await build({
    root: join(import.meta.dirname, '..', 'test-page', 'network'),
    configFile: false,
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, minify: false },
    worker: { format: 'es' },
  })
  pageUrl = await serve(folder)
  browser = await chromium.launch({
    executablePath,
    args: [...chromiumArguments, '--allow-loopback-in-peer-connection'],
  })
  closers.unshift(() => browser.close())
}, 120_000)

afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.stop()))
})

afterAll(async () => {
  for (const close of closers) await close()
})

async function serve(folder: string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/blocked') {
      onBlocked()
      return void response.end()
    }
    const path = join(folder, request.url === '/' ? 'index.html' : (request.url ?? ''))
    if (!path.startsWith(folder) || !existsSync(path)) return void response.writeHead(404).end()
    const type = extname(path) === '.html' ? 'text/html' : 'text/javascript'
    response.writeHead(200, { 'content-type': type }).end(readFileSync(path))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.unshift(() => new Promise((resolve) => server.close(resolve)))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }

/** A server with both transports a tab can dial, and what it heard. */
async function startServer(): Promise<{ readonly node: Network; readonly received: string[] }> {
  const node = await createNetwork(
    {
      genesisHash: GENESIS_HASH,
      identity: await generateIdentity(),
      listen: ['/ip4/127.0.0.1/udp/0/webrtc-direct', '/ip4/127.0.0.1/tcp/0/ws'],
      peers: [],
      localNetwork: true,
    },
    {
      clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
      timers: {
        after(delayMs, callback) {
          const handle = setTimeout(callback, delayMs)
          return { cancel: () => clearTimeout(handle) }
        },
      },
      random: { bytes: (lengthBytes) => randomBytes(lengthBytes) },
      log,
      metrics: { count: nothing, gauge: nothing, observe: nothing },
      sha256: (bytes) => createHash('sha256').update(bytes).digest(),
      transports: [
        webSockets() as TransportFactory,
        webRTCDirect({ rtcConfiguration: { iceServers: [] } }) as TransportFactory,
      ],
    },
  )
  const received: string[] = []
  node.onTopic('votes', (data) => {
    received.push(new TextDecoder().decode(data))
    return { verdict: 'accept' }
  })
  node.onRequest('blocks-by-hash', (data) =>
    Promise.resolve(new Uint8Array(new DataView(data.buffer, data.byteOffset).getUint32(0)).fill(1)),
  )
  await node.start()
  running.push(node)
  return { node, received }
}

let onBlocked = (): void => {}

/** Runs in the page: says so, then computes for two seconds. */
function blockWindow(): void {
  const { XMLHttpRequest } = globalThis as unknown as { XMLHttpRequest: new () => SynchronousRequest }
  const request = new XMLHttpRequest()
  request.open('GET', '/blocked', false)
  request.send()
  const endMs = performance.now() + 2_000
  while (performance.now() < endMs);
}

interface SynchronousRequest {
  open(method: string, url: string, asynchronous: boolean): void
  send(): void
}

async function openPage(): Promise<Page> {
  const context = await browser.newContext({ permissions: ['microphone', 'camera'] })
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error('page:', error))
  await page.goto(pageUrl)
  return page
}

function callWorker<T>(page: Page, method: string, ...parameters: unknown[]): Promise<T> {
  return page.evaluate(([name, rest]) => (globalThis as unknown as PageGlobals).callWorker(name, ...rest), [
    method,
    parameters,
  ] as const) as Promise<T>
}

interface PageGlobals {
  callWorker(method: string, ...parameters: unknown[]): Promise<unknown>
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = performance.now() + 20_000
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error('condition not met in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

browserTest.each([
  ['webrtc-direct', '/webrtc-direct/'],
  ['ws', '/ws/'],
])(
  'over %s: gossip both ways, requests both ways, large responses, a busy window, and a closed tab is noticed',
  async (transport, part) => {
    const { node, received } = await startServer()
    const page = await openPage()
    const addresses = node.addresses().filter((address) => address.includes(part))
    const tab = await callWorker<string>(page, 'start', addresses, GENESIS_HASH)
    const peersOfTab = (): Promise<readonly PeerSummary[]> => callWorker(page, 'peers')
    await until(async () => (await peersOfTab())[0]?.gossiping === true && node.peers()[0]?.gossiping === true)
    expect((await peersOfTab())[0]).toMatchObject({ peerId: node.peerId, transport, direction: 'outbound' })

    await until(async () => (await callWorker<number>(page, 'publish', 'from the tab')) > 0)
    await until(() => received.includes('from the tab'))
    await until(async () => (await node.publish('votes', new TextEncoder().encode('from the server'))) > 0)
    await until(async () => (await callWorker<string[]>(page, 'received')).includes('from the server'))

    for (const sizeBytes of [0, 1000, 2_000_000]) {
      expect(await callWorker(page, 'request', node.peerId, sizeBytes)).toBe(sizeBytes)
    }
    expect(await node.request(tab, 'blocks-by-hash', new Uint8Array([1, 2, 3]))).toEqual(new Uint8Array([3, 2, 1]))

    // Gossip goes on while the window is blocked; only new streams need the window.
    let windowIsFree = false
    const nextBlock = new Promise<void>((resolve) => (onBlocked = resolve))
    const blocked = page.evaluate(blockWindow).then(() => (windowIsFree = true))
    await nextBlock
    await node.publish('votes', new TextEncoder().encode('ping'))
    await until(() => received.includes('pong'))
    expect(windowIsFree).toBe(false)
    await blocked
    await page.context().close()
    await until(() => node.peers().length === 0)
  },
  60_000,
)
