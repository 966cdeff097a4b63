/**
 * `npm run spec [-- --only NAME] [--views N]`: checks docs/spec/Simplex.tla exhaustively within its bounds, then shows that
 * the checker finds each broken rule. Prints states covered; exit 1 when an invariant fails or a broken rule passes.
 */
import { parseArgs } from 'node:util'
import { SPEC_RUNS, installChecker, runSpec } from './spec-checker.ts'

const { values } = parseArgs({ options: { only: { type: 'string' }, views: { type: 'string' } } })
const runs = SPEC_RUNS.filter(({ name }) => values.only === undefined || name === values.only)
if (runs.length === 0) {
  console.error(`usage: spec --only ${SPEC_RUNS.map(({ name }) => name).join('|')} --views N`)
  process.exit(2)
}

const checker = installChecker(console.log)
if (checker === undefined) {
  console.error('no checker: `cargo` is needed to install tla-checker. With TLC: see docs/spec/README.md')
  process.exit(2)
}

let failures = 0
console.log(
  `${'run'.padEnd(24)} ${'views'.padStart(5)} ${'states'.padStart(9)} ${'steps'.padStart(9)} ${'depth'.padStart(5)} ${'s'.padStart(7)}  result`,
)
for (const run of runs) {
  const views = values.views === undefined ? run.views : Number(values.views)
  const found = await runSpec(checker, run, views)
  if (!found.isAsExpected) failures++
  const figures = [
    run.name.padEnd(24),
    String(views).padStart(5),
    found.states.padStart(9),
    found.transitions.padStart(9),
    found.depth.padStart(5),
    found.seconds.toFixed(1).padStart(7),
  ]
  console.log(`${figures.join(' ')}  ${found.isAsExpected ? '' : 'UNEXPECTED: '}${found.result}`)
}
process.exitCode = failures > 0 ? 1 : 0
