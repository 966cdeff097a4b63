/**
 * `npm run sim:mutants -- [--seeds 10000] [--only <name,…>]`: breaks one rule after the other and counts the seeds until
 * the simulator notices. Exit 1 when one is not noticed, or noticed for a reason that has nothing to do with it.
 */
import { parseArgs } from 'node:util'
import { MUTANTS } from './mutants/mutants.ts'
import { runMutants } from './mutants/run-mutants.ts'

const SEEDS_MAX = 10_000

const options = readOptions()
if (options !== undefined) await run(options)

async function run({
  names,
  seedsMax,
}: {
  readonly names: readonly string[]
  readonly seedsMax: number
}): Promise<void> {
  let alive = 0
  console.log(`${'mutant'.padEnd(34)} ${'rule'.padEnd(8)} ${'seeds'.padStart(6)}  noticed as`)
  await runMutants(names, seedsMax, ({ name, seeds, violation, adversary }) => {
    const mutant = MUTANTS.find((candidate) => candidate.name === name)
    const isKilled = violation !== undefined && mutant?.expected.test(violation) === true
    if (!isKilled) alive++
    const noticed =
      violation === undefined ? 'NOT NOTICED' : `${isKilled ? '' : 'BY ACCIDENT: '}${adversary}: ${violation}`
    console.log(`${name.padEnd(34)} ${mutant?.rule.padEnd(8)} ${String(seeds).padStart(6)}  ${noticed}`)
  })
  console.log(`${names.length - alive} of ${names.length} mutants killed within ${seedsMax} seeds`)
  if (alive > 0) process.exitCode = 1
}

function readOptions(): { readonly names: readonly string[]; readonly seedsMax: number } | undefined {
  try {
    const { values } = parseArgs({ options: { seeds: { type: 'string' }, only: { type: 'string' } } })
    const all = MUTANTS.map(({ name }) => name)
    const names = values.only === undefined ? all : values.only.split(',')
    const unknown = names.find((name) => !all.includes(name))
    const seedsMax = Number(values.seeds ?? SEEDS_MAX)
    if (unknown === undefined && Number.isSafeInteger(seedsMax) && seedsMax > 0) return { names, seedsMax }
    console.error(
      `SIM_BAD_OPTION: ${unknown === undefined ? '--seeds takes a number' : `no mutant is called ${unknown}`}`,
    )
  } catch (error) {
    console.error(`SIM_BAD_OPTION: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
  }
  process.exitCode = 2
  return undefined
}
