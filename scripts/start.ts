/** `npm start`: builds the page where needed, then `cairn localnet` with the arguments given. */
import { buildWeb } from './build-web.ts'

try {
  await buildWeb((line) => process.stderr.write(`cairn: ${line}\n`))
} catch (error) {
  process.stderr.write(`cairn: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
process.argv.splice(2, 0, 'localnet')
await import('../apps/cli/src/main.ts')
