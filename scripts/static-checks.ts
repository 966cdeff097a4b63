/** Checks that read the sources without running them, each of which counts as one test. */
import { globSync, readFileSync } from 'node:fs'
import { artefactsStep } from './wasm-artefacts.ts'
import { runNode } from './run-command.ts'
import type { Step } from './steps.ts'

const stepMaxMs = 180_000

/** A longer file is cut into two, or stands here with the reason. */
const fileLinesMax = 400
const longFilesAllowed: Readonly<Record<string, string>> = {}

/** Arguments of oxfmt for everything it may touch; `npm run format` uses the same. */
export const formatArguments = [
  '-c',
  '.config/oxfmt.json',
  '--ignore-path',
  '.gitignore',
  '--ignore-path',
  '.config/oxfmt.ignore',
]

export const staticChecks: readonly Step[] = [
  tool('format', ['node_modules/oxfmt/bin/oxfmt', ...formatArguments, '--check', '.']),
  tool('lint', ['node_modules/oxlint/bin/oxlint', '-c', '.config/oxlint.json', '--type-aware', '--deny-warnings']),
  ...['universal', 'node', 'web'].map((name) =>
    tool(`types: ${name}`, ['node_modules/@typescript/native/bin/tsc', '-p', `.config/tsconfig.${name}.json`]),
  ),
  tool('dead code', [
    'node_modules/knip/bin/knip.js',
    '-c',
    '.config/knip.ts',
    '--treat-config-hints-as-errors',
    '--no-progress',
  ]),
  tool('layers', ['scripts/layers.ts']),
  { title: 'file sizes', run: checkFileSizes },
  artefactsStep,
]

function tool(title: string, command: readonly string[]): Step {
  return {
    title,
    run: async () => {
      const { ok, output } = await runNode(command, { timeoutMs: stepMaxMs })
      return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], output }
    },
  }
}

async function checkFileSizes(): ReturnType<Step['run']> {
  const patterns = ['{packages,apps,e2e,scripts,wasm-core}/**/*.{ts,tsx,mjs,rs,css}']
  const tooLong = globSync(patterns, { exclude: ['**/node_modules', '**/target', '**/dist'] })
    .map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }))
    .filter(({ path, lines }) => lines > fileLinesMax && longFilesAllowed[path] === undefined)
  const output = tooLong.map(({ path, lines }) => `${path}: ${lines} lines, at most ${fileLinesMax}`).join('\n')
  return { passed: tooLong.length === 0 ? 1 : 0, failed: tooLong.length === 0 ? 0 : 1, skipped: [], output }
}
