/**
 * One mutant in a thread of its own: its patches go in as the modules are loaded, then seeds run until one shows a
 * violation. `workerData`: `MutantTask`; the answer is a `MutantOutcome`.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { patchSource } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

export interface MutantTask {
  readonly name: string
  readonly seedsMax: number
}

export interface MutantOutcome {
  readonly name: string
  /** Seeds that ran, the one that showed it included. */
  readonly seeds: number
  readonly elapsedMs: number
  /** `undefined`: it survived. */
  readonly violation: string | undefined
  readonly adversary: string | undefined
}

const { name, seedsMax } = workerData as MutantTask
const mutant = MUTANTS.find((candidate) => candidate.name === name)
if (mutant === undefined) throw new RangeError(`no mutant ${name}`)
const root = new URL('../../../../', import.meta.url).href
const missing = new Set(mutant.patches.map(({ file }) => file))

registerHooks({
  load(url, context, nextLoad) {
    const file = url.slice(root.length)
    if (!url.startsWith(root) || !missing.delete(file)) return nextLoad(url, context)
    const source = patchSource(mutant, file, readFileSync(fileURLToPath(url), 'utf8'))
    return { format: 'module-typescript', source, shortCircuit: true }
  },
})

// Only now: a module that is loaded stays as it is.
const { runShard } = await import('../campaign/run-shard.ts')
const { ADVERSARIES } = await import('../simulator/run.ts')
if (missing.size > 0) throw new Error(`${name}: never loaded: ${[...missing].join(', ')}`)
const startedAtMs = performance.now()
const adversaries = ADVERSARIES
const { nodes = 4, collectorsAbove } = mutant
const result = await runShard({ firstSeed: 1, seeds: seedsMax, nodes, adversaries, collectorsAbove })
const outcome: MutantOutcome = {
  name,
  seeds: result.seeds,
  elapsedMs: performance.now() - startedAtMs,
  violation: result.failure?.violation,
  adversary: result.failure?.adversary,
}
parentPort?.postMessage(outcome)
