/**
 * Clients that run in a browser tab, side by side in the same Chromium and without a network: what a visitor downloads,
 * how long until the interface answers, and the memory of the page. `npm run bench -- --only tab-compare`; it takes the
 * other packages from the npm registry into a folder of its own, and drops them afterwards.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { spawnSync } from 'node:child_process'
import { startLocalnet } from '@cairn/cli'
import { chromiumArguments, findChromium } from '@cairn/playwright/chromium'
import { type Browser, chromium } from 'playwright-core'
import { buildWeb } from '../../../scripts/build-web.ts'
import { rendererMemoryMiB } from './renderer-memory.ts'
import type { BenchRow } from './tab.bench.ts'
import { type OtherClient, otherClients } from './tab-others.ts'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const ROUNDS = 5
const READY_MAX_MS = 60_000
/** Of rest before memory is read: what only start-up needs has been collected. */
const SETTLE_MS = 5_000

/** A folder as a site: `files` first, then what lies under `directory`. */
interface Site {
  readonly name: string
  readonly does: string
  readonly directory: string
  readonly path: string
  readonly files: Readonly<Record<string, string>>
  /** Text of a script for the page, evaluated before its own: calls `ready()` once the interface has answered. */
  readonly script?: string
}

export async function runTabCompareBench(): Promise<readonly BenchRow[]> {
  await buildWeb(() => undefined)
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('no Chromium found (set CAIRN_CHROMIUM)')
  const folder = mkdtempSync(join(tmpdir(), 'cairn-tab-compare-'))
  try {
    const sites = [blankSite(folder), ...(await cairnSites(folder)), ...otherSites(folder)]
    const rows: BenchRow[] = []
    for (const site of sites) rows.push(...(await measureSite(site, executablePath)))
    return rows
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What Chromium itself takes. */
function blankSite(folder: string): Site {
  const page = pageOf('ready()')
  return { name: 'empty-page', does: 'Chromium alone', directory: folder, path: '/', files: { '/': page } }
}

/** This node's page with the chain spec of a local network none of whose servers runs. */
async function cairnSites(folder: string): Promise<readonly Site[]> {
  const network = await describeDeadNetwork(join(folder, 'network'))
  // The node refuses the nonsense, which is an answer of its worker.
  const script = `
    const timer = setInterval(async () => {
      if (globalThis.cairn === undefined) return
      clearInterval(timer)
      await cairn.balance('nonsense')
      ready()
    }, 1)`
  return (['light', 'serving'] as const).map((role) => ({
    name: `cairn-${role}`,
    does: role === 'light' ? 'certificates and proved reads' : 'full node: executes and serves every block',
    directory: DIST,
    path: `/?role=${role}`,
    files: { '/network.json': network },
    script,
  }))
}

/** What a web server says about a network whose only validator has stopped. */
async function describeDeadNetwork(directory: string): Promise<string> {
  const options = { directory, validatorCount: 1, rpcPort: () => 0, logLevel: 'warn', heartbeatMs: 500 } as const
  const network = await startLocalnet(options, { onFinalized: () => {} })
  const bootstrap = network.process(0)?.addresses ?? []
  await network.stop()
  const chainSpec: unknown = JSON.parse(network.layout.chainSpecJson)
  return JSON.stringify({
    chainSpec,
    genesisHash: network.genesisHash,
    genesisExecution: network.genesisExecution,
    bootstrap,
  })
}

function otherSites(folder: string): readonly Site[] {
  const packages = otherClients.flatMap((client) => client.packages)
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefix', folder]
  const installed = spawnSync('npm', ['install', ...flags, ...packages], { cwd: folder, encoding: 'utf8' })
  if (installed.status !== 0) {
    console.error(`tab-compare: no npm registry here, so the other clients are not measured\n${installed.stderr}`)
    return []
  }
  return otherClients.map(({ name, does, page, worker }: OtherClient) => ({
    name,
    does,
    directory: folder,
    path: '/',
    files: { '/': pageOf(page), ...(worker === undefined ? {} : { '/worker.js': worker }) },
  }))
}

function pageOf(script: string): string {
  return `<!doctype html><title>start</title><link rel="icon" href="data:,"><script type="module">${script}</script>`
}

async function measureSite(site: Site, executablePath: string): Promise<readonly BenchRow[]> {
  const served = new Set<string>()
  const server = await serve(site, served)
  const address = server.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const visits: Visit[] = []
  try {
    // Each round in a browser of its own: neither cache nor compiled code of the round before.
    for (let round = 0; round < ROUNDS; round++) {
      const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] })
      try {
        visits.push(await visit(browser, site, origin))
      } finally {
        await browser.close()
      }
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
  const row = (what: string, value: number, unit: string, reference: string): BenchRow => ({
    name: `tab-compare/${what}/${site.name}`,
    value,
    unit,
    reference,
  })
  return [
    row('download', brotliSize(site, served) / 1_000, 'KB brotli', site.does),
    row('start-to-api', median(visits.map(({ readyMs }) => readyMs)), 'ms', `median of ${ROUNDS}`),
    row(
      'memory',
      median(visits.map(({ memoryMiB }) => memoryMiB)),
      'MiB',
      'the renderer’s own, 5 s later; an empty page’s is Chromium’s',
    ),
  ]
}

interface Visit {
  readonly readyMs: number
  readonly memoryMiB: number
}

async function visit(browser: Browser, site: Site, origin: string): Promise<Visit> {
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.addInitScript(
    `globalThis.ready = () => { globalThis.readyMs ??= performance.now() }\n${site.script ?? ''}`,
  )
  await page.goto(origin + site.path)
  try {
    await page.waitForFunction('globalThis.readyMs !== undefined', undefined, { timeout: READY_MAX_MS })
  } catch {
    console.error(`tab-compare: ${site.name} did not start: ${errors.join('; ')}`)
    return { readyMs: Number.NaN, memoryMiB: Number.NaN }
  }
  await page.waitForTimeout(SETTLE_MS)
  return { readyMs: Number(await page.evaluate('globalThis.readyMs')), memoryMiB: await rendererMemoryMiB(browser) }
}

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

function serve(site: Site, served: Set<string>): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const body = contentOf(site, path)
    if (body === undefined) return void response.writeHead(404).end()
    served.add(path)
    const type = site.files[path] !== undefined && path === '/' ? 'text/html' : types[extname(path) || '.html']
    response.writeHead(200, { 'content-type': type ?? 'application/octet-stream' }).end(body)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function contentOf({ directory, files }: Site, path: string): Buffer | string | undefined {
  const text = files[path]
  if (text !== undefined) return text
  const file = join(directory, normalize(path === '/' ? '/index.html' : path))
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(file) : undefined
}

/** At quality 11, as a static host would prepare the files that were asked for. */
function brotliSize(site: Site, served: ReadonlySet<string>): number {
  return [...served].reduce((sum, path) => sum + brotliCompressSync(contentOf(site, path) ?? '').length, 0)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
