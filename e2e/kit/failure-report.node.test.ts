/** What `@cairn/playwright` attaches to a failed test: a run that fails on purpose, and its report. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findChromium } from '@cairn/playwright/chromium'
import { afterAll, expect, test } from 'vitest'

const CLI = join(import.meta.dirname, '../../node_modules/@playwright/test/cli.js')
const directory = mkdtempSync(join(tmpdir(), 'cairn-report-'))
const noChromium = { meta: { skipReason: 'no Chromium (CAIRN_CHROMIUM)' } }

afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Attachment {
  readonly name: string
  readonly path?: string
  readonly body?: string
}

test.skipIf(findChromium() === undefined)('a failure has logs, states, picture and trace', noChromium, async () => {
  const text = (name: string): string => {
    const { body, path } = attachments.find((attachment) => attachment.name === name) ?? {}
    return path === undefined ? Buffer.from(body ?? '', 'base64').toString() : readFileSync(path, 'utf8')
  }
  const attachments = await attachmentsOfFailingRun()
  expect(text('validator-0.log')).toContain('"level":"info"')
  expect(JSON.parse(text('validator-0-status.json'))).toMatchObject({ validatorIndex: 0, chainId: 31_337 })
  expect(JSON.parse(text('tab-0-state.json'))).toMatchObject({ verifiedHeight: expect.any(Number) })
  expect(attachments.map(({ name }) => name)).toEqual(expect.arrayContaining(['tab-0.log', 'tab-0.png', 'trace']))
})

async function attachmentsOfFailingRun(): Promise<readonly Attachment[]> {
  const report = join(directory, 'report.json')
  const args = [CLI, 'test', '--config', import.meta.dirname, '--reporter=json', '--output', join(directory, 'results')]
  const exitCode = await new Promise((resolve) => {
    const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_FILE: report }
    execFile(process.execPath, args, { env }, (error) => resolve(error?.code ?? 0))
  })
  expect(exitCode).toBe(1)
  const { suites } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly suites: readonly {
      readonly specs: readonly { readonly tests: readonly { readonly results: readonly Result[] }[] }[]
    }[]
  }
  return suites[0]?.specs[0]?.tests[0]?.results[0]?.attachments ?? []
}

interface Result {
  readonly attachments: readonly Attachment[]
}
