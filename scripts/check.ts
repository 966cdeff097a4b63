/** `npm run check`: the fast part of `npm test`. Format → lint → types → dead code → layers → file sizes → unit tests. */
import { staticChecks } from './static-checks.ts'
import { conclude, runSteps } from './steps.ts'
import { vitestSuite } from './vitest-suite.ts'

conclude(await runSteps([...staticChecks, vitestSuite('unit tests', 'unit', 15 * 60_000)]))
