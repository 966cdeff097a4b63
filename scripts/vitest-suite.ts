/** One Vitest project as a step. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CountsFile } from './count-reporter.ts'
import { runNode } from './run-command.ts'
import type { Step } from './steps.ts'

/** `project`: a name in .config/vitest.config.ts. */
export function vitestSuite(
  title: string,
  project: string,
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): Step {
  return {
    title,
    run: async () => {
      const directory = mkdtempSync(join(tmpdir(), 'cairn-test-'))
      const countsPath = join(directory, 'counts.json')
      try {
        const { ok, output } = await runNode(
          [
            'node_modules/vitest/vitest.mjs',
            'run',
            '--config=.config/vitest.config.ts',
            `--project=${project}`,
            '--reporter=dot',
            '--silent=passed-only',
            '--reporter=./scripts/count-reporter.ts',
          ],
          { timeoutMs, env: { ...env, CAIRN_TEST_COUNTS: countsPath } },
        )
        const { unfinished, failures, ...counts } = readCounts(countsPath)
        // A run that ends badly without a failed test (crash, deadline, no test found) is one failure.
        const failed = ok ? counts.failed : Math.max(1, counts.failed)
        const notes = [
          ...failures.map((line) => `failed: ${line}`),
          ...unfinished.map((path) => `not finished: ${path}`),
        ]
        return { ...counts, failed, output: [output, ...notes].join('\n') }
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  }
}

function readCounts(path: string): CountsFile {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as CountsFile
  } catch {
    return { passed: 0, failed: 0, skipped: [], unfinished: [], failures: [] }
  }
}
