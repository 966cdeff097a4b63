/** Bundles `*.browser.test.ts` files into a page, serves it on a free port and opens it in Chromium. */
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext, Page } from 'playwright-core'
import { build } from 'vite'
import { chromiumArguments } from './find-chromium.ts'

/** A page whose module is loaded, in a browser profile of its own. */
export interface TestPage extends AsyncDisposable {
  readonly origin: string
  readonly page: Page
  /** Kills the browser as a power switch would, then opens the same page on the same profile. */
  crashAndReopen(): Promise<Page>
}

/** Bundles the file `entry` (absolute path). */
export async function openTestPage(executablePath: string, entry: string): Promise<TestPage> {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-page-'))
  await bundle(entry, directory)
  const server = await serve(directory)
  const address = server.address()
  const origin = `http://localhost:${address !== null && typeof address === 'object' ? address.port : 0}`
  let context = await launch(executablePath, directory)
  const load = async (): Promise<Page> => {
    const page = context.pages()[0] ?? (await context.newPage())
    await page.goto(`${origin}/`)
    return page
  }
  return {
    origin,
    page: await load(),
    crashAndReopen: async () => {
      const closed = context.waitForEvent('close')
      const session = await context.newCDPSession(context.pages()[0] as Page)
      session.send('Browser.crash').catch(() => {})
      await closed
      context = await launch(executablePath, directory)
      return load()
    },
    [Symbol.asyncDispose]: async () => {
      await context.close()
      server.close()
      server.closeAllConnections()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function launch(executablePath: string, directory: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(join(directory, 'profile'), { executablePath, args: chromiumArguments })
}

async function bundle(entry: string, outDir: string): Promise<void> {
  await build({
    root: import.meta.dirname,
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    resolve: { alias: { vitest: join(import.meta.dirname, 'page-vitest.ts') } },
    build: {
      outDir,
      emptyOutDir: false,
      minify: false,
      target: 'esnext',
      lib: { entry, formats: ['es'], fileName: () => 'page.js' },
    },
  })
  await writeFile(join(outDir, 'index.html'), '<!doctype html><script type="module" src="page.js"></script>')
}

async function serve(directory: string): Promise<Server> {
  const [html, script] = await Promise.all(['index.html', 'page.js'].map((name) => readFile(join(directory, name))))
  const server = createServer((request, response) => {
    if (request.url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(html)
    else if (request.url === '/page.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
