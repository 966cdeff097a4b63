/**
 * IndexedDB against the state log in the private file system (OPFS), in a real Chromium on a real disk, with the access pattern of a tab's stores:
 * the batch read of an access list, the relaxed write of a state's changes, the durable append of a block, scans, opening.
 */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'vite'
import { chromiumArguments, findChromium } from '../test/chromium/find-chromium.ts'

interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

export interface StorageBenchOptions {
  /** Of the state: flat entries and trie records; 100 000 accounts have some 350 000. */
  readonly rows: readonly number[]
}

type Figures = Readonly<Record<string, number>> & { readonly error?: string }

const FIGURES: Readonly<Record<string, string>> = {
  get: 'one value',
  prefetch: '500 values of an access list, one batch',
  commit: '1 000 changes of a state, relaxed',
  append: 'a block’s 120 entries, durable',
  block: 'append, prefetch and commit',
  scan: '1 000 records of the host in order',
  openMs: 'opening what was loaded',
  loadMs: 'loading, batches of 5 000',
}

const WAIT_MAX_MS = 600_000

export async function runStorageBench({ rows }: StorageBenchOptions): Promise<readonly BenchRow[]> {
  const executablePath = findChromium()
  if (executablePath === undefined) {
    console.error('storage: no Chromium found (set CAIRN_CHROMIUM)')
    return []
  }
  const folder = mkdtempSync(join(tmpdir(), 'cairn-storage-bench-'))
  try {
    await build({
      root: join(import.meta.dirname, '..', 'test-page', 'storage'),
      configFile: false,
      logLevel: 'error',
      build: { outDir: join(folder, 'page'), target: 'es2024' },
      worker: { format: 'es' },
    })
    const found: BenchRow[] = []
    for (const count of rows) {
      const indexedDb = await measure(folder, executablePath, `medium=indexeddb&rows=${count}`)
      const opfs = await measure(folder, executablePath, `medium=opfs&rows=${count}`)
      found.push(...rowsOf(count, indexedDb, opfs))
    }
    return found
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function rowsOf(count: number, indexedDb: Figures, opfs: Figures): readonly BenchRow[] {
  return Object.entries(FIGURES).flatMap(([name, what]) => {
    const row = (medium: string, value: number, reference: string): BenchRow => ({
      name: `storage/${name.replace('Ms', '')}/medium=${medium},rows=${count}`,
      value,
      unit: 'ms',
      reference,
    })
    return [
      row('indexeddb', indexedDb[name] ?? Number.NaN, what),
      row('opfs', opfs[name] ?? Number.NaN, 'state-log/, ADR 034'),
    ]
  })
}

/** A profile of its own on disk: a private one keeps both media in memory. */
async function measure(folder: string, executablePath: string, query: string): Promise<Figures> {
  const profile = mkdtempSync(join(folder, 'profile-'))
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const file = join(folder, 'page', path === '/' ? 'index.html' : path)
    const type = extname(file) === '.html' ? 'text/html' : 'text/javascript'
    createReadStream(file)
      .on('error', () => response.writeHead(404).end())
      .once('open', () => response.writeHead(200, { 'content-type': type }))
      .pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: [...chromiumArguments] })
  try {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?${query}`)
    const handle = await page.waitForFunction('globalThis.figures', undefined, { timeout: WAIT_MAX_MS })
    const figures = (await handle.jsonValue()) as Figures
    if (figures.error !== undefined) throw new Error(`${query}: ${figures.error}`)
    return figures
  } finally {
    await context.close()
    server.close()
  }
}
