/**
 * One hash of everything an artefact is compiled from: sources, manifest, lock of the crates. It stands in the artefact's
 * lock file, so that an artefact that its sources have left behind is found without a toolchain.
 */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Artefact } from './artefacts.ts'

/** SHA-256 in hex over path, size and content of each file, by path. */
export function sourcesSha256(artefact: Artefact): string {
  const hash = createHash('sha256')
  for (const path of sourcePaths(artefact)) {
    const content = readFileSync(join(artefact.crate, path))
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Relative, with `/`, sorted by their code units: the same on every system. */
function sourcePaths({ crate, sources }: Artefact): readonly string[] {
  const paths = sources.flatMap((source) => filesBelow(join(crate, source)))
  return paths.map((path) => relative(crate, path).replaceAll('\\', '/')).sort((a, b) => (a < b ? -1 : 1))
}

function filesBelow(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path]
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
