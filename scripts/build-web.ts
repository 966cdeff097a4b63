/** Builds the page (`apps/web/dist`) if its sources have changed since it was last built. */
import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { CodedError } from '@cairn/primitives'
import { runNode } from './run-command.ts'

const sources = [
  'packages/*/{src/**/*,package.json}',
  'apps/web/{src/**/*,public/**/*,index.html,vite.config.ts,package.json}',
  'wasm-core/artefact/*',
  'package-lock.json',
]
const stampPath = 'apps/web/dist/.sources-hash'

/** @throws CodedError `WEB_BUILD_FAILED` with the bundler's output. */
export async function buildWeb(say: (line: string) => void): Promise<void> {
  const hash = hashSources()
  if (readIfPresent(stampPath) === hash) return
  say('building the web page …')
  const { ok, output } = await runNode(['../../node_modules/vite/bin/vite.js', 'build', '--logLevel=warn'], {
    cwd: 'apps/web',
    timeoutMs: 180_000,
  })
  if (!ok) throw new CodedError('WEB_BUILD_FAILED', `the web page could not be built:\n${output}`)
  mkdirSync('apps/web/dist', { recursive: true })
  writeFileSync(stampPath, hash)
}

function hashSources(): string {
  const hash = createHash('sha256')
  for (const path of globSync(sources, { withFileTypes: false }).toSorted()) {
    const content = readIfPresent(path)
    if (content !== undefined) hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** `undefined` for what is absent, and for folders. */
function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}
