/** Bundles a module into a page, serves it with `core.wasm` on a free port, and opens it in Chromium. */
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { chromiumArguments } from '@cairn/playwright/chromium'

export interface CorePage extends AsyncDisposable {
  readonly page: Page
  /** Chromium's version. */
  readonly version: string
}

/** `entry`: absolute path of a module that puts what is called on `globalThis`. */
export async function openCorePage(executablePath: string, entry: string): Promise<CorePage> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-core-page-'))
  await bundle(entry, directory)
  const server = await serve(directory)
  const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] })
  const page = await browser.newPage()
  const address = server.address()
  await page.goto(`http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}/`)
  await page.waitForFunction(() => 'ready' in globalThis)
  return {
    page,
    version: browser.version(),
    [Symbol.asyncDispose]: async () => {
      await browser.close()
      server.close()
      server.closeAllConnections()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function bundle(entry: string, outDir: string): Promise<void> {
  await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      outDir,
      emptyOutDir: false,
      minify: false,
      target: 'esnext',
      lib: { entry, formats: ['es'], fileName: () => 'page.js' },
    },
  })
}

async function serve(directory: string): Promise<Server> {
  const script = await readFile(join(directory, 'page.js'))
  const wasm = await readFile(fileURLToPath(new URL('../artefact/core.wasm', import.meta.url)))
  const files: Readonly<Record<string, readonly [type: string, content: string | Buffer]>> = {
    '/': ['text/html', '<!doctype html><script type="module" src="page.js"></script>'],
    '/page.js': ['text/javascript', script],
    '/core.wasm': ['application/wasm', wasm],
  }
  const server = createServer((request, response) => {
    const file = files[request.url ?? '']
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': file[0] }).end(file[1])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
