/** A page whose worker runs a tab's network, in a real Chromium, and Node processes' networks for it to talk to. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { createNetwork, generateIdentity } from '@cairn/network'
import type { TransportFactory } from '@cairn/network'
import type { Log, Network } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { chromiumArguments, findChromium } from './find-chromium.ts'

export const GENESIS_HASH = `0x${'ab'.repeat(32)}` as Hash
/** `undefined`: none found, and what needs one is skipped. */
export const executablePath = findChromium()

export interface NetworkPages {
  /** `initScript` runs in the window before the page's own. */
  open(initScript?: string): Promise<Page>
  /** Called when the page of `blockWindow` says so. */
  onBlocked(listener: () => void): void
  close(): Promise<void>
}

/** Builds the test page, serves it and starts Chromium. */
export async function startNetworkPages(): Promise<NetworkPages> {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-network-page-'))
  await build({
    root: join(import.meta.dirname, '..', '..', 'test-page', 'network'),
    configFile: false,
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, minify: false },
    worker: { format: 'es' },
  })
  let blocked = (): void => {}
  const server = await serve(folder, () => blocked())
  const browser = await launch()
  return {
    onBlocked: (listener) => (blocked = listener),
    async open(initScript = '') {
      const context = await browser.newContext({ permissions: ['microphone', 'camera'] })
      const page = await context.newPage()
      page.on('pageerror', (error) => console.error('page:', error))
      await page.addInitScript(initScript)
      await page.goto(server.url)
      return page
    },
    async close() {
      await browser.close()
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

function launch(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('no Chromium')
  return chromium.launch({ executablePath, args: [...chromiumArguments, '--allow-loopback-in-peer-connection'] })
}

async function serve(
  folder: string,
  onBlocked: () => void,
): Promise<{ readonly url: string; close(): Promise<unknown> }> {
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
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }

export interface TestServer {
  readonly node: Network
  readonly received: string[]
}

export interface TestServerOptions {
  readonly identity?: Uint8Array
  /** Port of the WebSocket; default: a free one. */
  readonly wsPort?: number
  /**
   * No WebRTC-direct. For servers that are stopped while tabs are connected: node-datachannel 0.33 now and then aborts the
   * process then (one in ten stops with five connections on a busy machine, `std::system_error: Invalid argument`).
   */
  readonly isWebSocketOnly?: boolean
}

/** A server with both transports a tab can dial, a relay for tabs, and what it heard. */
export async function startServer({
  identity,
  wsPort = 0,
  isWebSocketOnly = false,
}: TestServerOptions = {}): Promise<TestServer> {
  const node = await createNetwork(
    {
      genesisHash: GENESIS_HASH,
      identity: identity ?? (await generateIdentity()),
      listen: [...(isWebSocketOnly ? [] : ['/ip4/127.0.0.1/udp/0/webrtc-direct']), `/ip4/127.0.0.1/tcp/${wsPort}/ws`],
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
      services: { relay: circuitRelayServer() },
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
  return { node, received }
}

/** Calls a method of the page's worker. */
export function callWorker<T>(page: Page, method: string, ...parameters: unknown[]): Promise<T> {
  return page.evaluate(([name, rest]) => (globalThis as unknown as PageGlobals).callWorker(name, ...rest), [
    method,
    parameters,
  ] as const) as Promise<T>
}

interface PageGlobals {
  callWorker(method: string, ...parameters: unknown[]): Promise<unknown>
}

export async function until(condition: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error('condition not met in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
