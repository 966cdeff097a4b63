import { describe, expect, it } from 'vitest'
import { onlyLine, runCairn } from './run-cairn.ts'

/** A process takes a second, much longer on a busy machine. */
const TIMEOUT_MS = 90_000

describe('arguments', () => {
  const wrong: readonly (readonly [args: readonly string[], message: string])[] = [
    [['start'], "required option '--data-dir <directory>' not specified"],
    [['nonsense'], "unknown command 'nonsense'"],
    [['start', '--data-dir', 'x', '--rpc-port', '65536'], 'expected a whole number from 0 to 65535'],
    // The flag is looked at, the variable is not.
    [['localnet', '--validators', '17'], "argument '17' is invalid"],
  ]
  it(
    'that are wrong end it with one line that says which, before anything is touched',
    async () => {
      const env = { CAIRN_VALIDATORS: '4', CAIRN_DATA_DIR: undefined }
      const runs = await Promise.all(wrong.map(([args]) => runCairn(args, { env })))
      for (const [index, run] of runs.entries()) {
        expect(run).toMatchObject({ exitCode: 1, stdout: '' })
        expect(onlyLine(run)).toContain(wrong[index]?.[1])
      }
    },
    TIMEOUT_MS,
  )

  it(
    'may come from the environment, and are named with it',
    async () => {
      const [bad, help] = await Promise.all([
        runCairn(['localnet'], { env: { CAIRN_VALIDATORS: '99' } }),
        runCairn(['localnet', '--help']),
      ])
      expect(bad.exitCode).toBe(1)
      expect(onlyLine(bad)).toContain("value '99' from env 'CAIRN_VALIDATORS' is invalid")
      expect(help.exitCode).toBe(0)
      expect(help.stdout).toContain('CAIRN_STOP_AT_HEIGHT')
    },
    TIMEOUT_MS,
  )
})
