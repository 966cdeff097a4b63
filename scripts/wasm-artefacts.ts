/**
 * The committed modules against their locks and their sources. Without a toolchain: each has the lock's hash, and the lock was
 * made from these sources. With the lock's toolchain: rebuilt from nothing, byte for byte the same.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ARTEFACTS, type Artefact } from '../wasm-core/artefacts.ts'
import { sourcesSha256 } from '../wasm-core/source-digest.ts'
import { runNode } from './run-command.ts'
import type { Step, StepResult } from './steps.ts'

/** The standard library is compiled too: three minutes on two idle cores. */
const rebuildMaxMs = 25 * 60_000
/** Exit codes of `wasm-core/build.ts --check` that say something of the machine, nothing of the artefact. */
const notComparable: readonly (number | null)[] = [3, 4]

/** Every test run. */
export const artefactsStep: Step = {
  title: 'WASM artefacts and their sources',
  run: async () => {
    const faults = ARTEFACTS.flatMap(faultsOf)
    return { passed: faults.length === 0 ? 1 : 0, failed: faults.length, skipped: [], output: faults.join('\n') }
  },
}

/** Where the lock's toolchain is installed; elsewhere it is said that, and why, nothing was compared. */
export const rebuildSteps: readonly Step[] = ARTEFACTS.map(({ name }) => ({
  title: `${name} rebuilt, byte for byte`,
  run: async (): Promise<StepResult> => {
    const { ok, exitCode, output } = await runNode(['wasm-core/build.ts', name, '--check'], { timeoutMs: rebuildMaxMs })
    const reason = output.split('\n').at(-1) ?? ''
    if (notComparable.includes(exitCode)) {
      return { passed: 0, failed: 0, skipped: [`${name}.wasm is not rebuilt and compared here: ${reason}`], output: '' }
    }
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], output: output.slice(-4_000) }
  },
}))

function faultsOf(artefact: Artefact): readonly string[] {
  const { name } = artefact
  const lock = JSON.parse(readFileSync(artefact.lockFile, 'utf8')) as Record<string, unknown>
  const sha256 = createHash('sha256').update(readFileSync(artefact.file)).digest('hex')
  return [
    ...(sha256 === lock['sha256'] ? [] : [`${name}.wasm is not the artefact that ${name}.lock.json names`]),
    ...(sourcesSha256(artefact) === lock['sourcesSha256']
      ? []
      : [`${name}.wasm was built from other sources: run \`npm run build:wasm -- ${name}\` and commit what it makes`]),
  ]
}
