/** `npm run format`: formats everything that `npm run check` looks at. */
import { formatArguments } from './static-checks.ts'
import { runNode } from './run-command.ts'

const { ok, output } = await runNode(['node_modules/oxfmt/bin/oxfmt', ...formatArguments, '.'], { timeoutMs: 60_000 })
console.log(output)
process.exitCode = ok ? 0 : 1
