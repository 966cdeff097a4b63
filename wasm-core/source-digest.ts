/**
 * One hash of everything the artefact is compiled from: Rust sources, manifest, lock of the crates. It stands in
 * `artefact/core.lock.json`, so that an artefact that its sources have left behind is found without a toolchain.
 */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const crate = fileURLToPath(new URL('.', import.meta.url))

/** SHA-256 in hex over path, size and content of each file, by path. */
export function coreSourcesSha256(): string {
  const hash = createHash('sha256')
  for (const path of sourcePaths()) {
    const content = readFileSync(join(crate, path))
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Relative, with `/`, sorted by their code units: the same on every system. */
function sourcePaths(): readonly string[] {
  const entries = readdirSync(join(crate, 'src'), { recursive: true, withFileTypes: true })
  const sources = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(crate.length).replaceAll('\\', '/'))
  return ['Cargo.toml', 'Cargo.lock', ...sources].sort((a, b) => (a < b ? -1 : 1))
}
