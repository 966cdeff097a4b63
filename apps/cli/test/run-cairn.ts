/** Runs the `cairn` command as a process of its own, as a user does. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface CairnRun {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Resolves at its end; killed after `timeoutMs`, then `exitCode` is `null`. */
export function runCairn(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string | undefined>>; readonly timeoutMs?: number } = {},
): Promise<CairnRun> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text))
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, ...output }))
  })
}

/** The only line on the error output. */
export function onlyLine({ stderr }: CairnRun): string {
  const [line = '', ...others] = stderr.trimEnd().split('\n')
  if (others.length > 0) throw new Error(`more than one line: ${stderr}`)
  return line
}
