/**
 * The committed `core.wasm` against its lock and its sources. Without a toolchain: the artefact has the lock's hash, and
 * the lock was made from these sources. With the lock's toolchain: rebuilt from nothing, byte for byte the same.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { coreSourcesSha256 } from '../wasm-core/source-digest.ts'
import { runNode } from './run-command.ts'
import type { Step, StepResult } from './steps.ts'

const artefact = fileURLToPath(new URL('../wasm-core/artefact/', import.meta.url))
/** The standard library is compiled too: three minutes on two idle cores. */
const rebuildMaxMs = 25 * 60_000
/** Exit codes of `wasm-core/build.ts --check` that say something of the machine, nothing of the artefact. */
const notComparable: readonly (number | null)[] = [3, 4]

/** Every test run. */
export const coreArtefactStep: Step = {
  title: 'core artefact and its sources',
  run: async () => {
    const lock = JSON.parse(readFileSync(`${artefact}core.lock.json`, 'utf8')) as Record<string, unknown>
    const sha256 = createHash('sha256')
      .update(readFileSync(`${artefact}core.wasm`))
      .digest('hex')
    const faults = [
      ...(sha256 === lock['sha256'] ? [] : ['core.wasm is not the artefact that core.lock.json names']),
      ...(coreSourcesSha256() === lock['sourcesSha256']
        ? []
        : ['core.wasm was built from other sources: run `npm run build:wasm` and commit what it makes']),
    ]
    return { passed: faults.length === 0 ? 1 : 0, failed: faults.length, skipped: [], output: faults.join('\n') }
  },
}

/** Where the lock's toolchain is installed; elsewhere it is said that, and why, nothing was compared. */
export const coreRebuildStep: Step = {
  title: 'core rebuilt, byte for byte',
  run: async (): Promise<StepResult> => {
    const { ok, exitCode, output } = await runNode(['wasm-core/build.ts', '--check'], { timeoutMs: rebuildMaxMs })
    const reason = output.split('\n').at(-1) ?? ''
    if (notComparable.includes(exitCode)) {
      return { passed: 0, failed: 0, skipped: [`the core is not rebuilt and compared here: ${reason}`], output: '' }
    }
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], output: output.slice(-4_000) }
  },
}
