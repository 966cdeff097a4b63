/**
 * Runs a program of a check: quietly, with a deadline, in a process group of its own, so that whatever it started
 * is gone when it ends, when it takes too long, and when this run is interrupted.
 */
import { spawn } from 'node:child_process'

export interface CommandOptions {
  readonly timeoutMs: number
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

export interface CommandResult {
  readonly ok: boolean
  /** `null`: ended by a signal, or never started. */
  readonly exitCode: number | null
  /** stdout and stderr as they came, the last megabyte. */
  readonly output: string
}

const outputMaxChars = 1 << 20
const running = new Set<number>()

process.once('exit', () => running.forEach((pid) => killGroup(pid)))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

/** `command`: a script that this Node runs, and its arguments. */
export function runNode(command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  return runProgram(process.execPath, command, options)
}

export function runProgram(
  program: string,
  command: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, command, {
      cwd: options.cwd,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...options.env },
    })
    const { pid } = child
    if (pid !== undefined) running.add(pid)
    let output = ''
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-outputMaxChars)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const deadline = setTimeout(() => {
      output += `\ntook longer than ${options.timeoutMs / 1000} s: stopped`
      if (pid !== undefined) killGroup(pid)
    }, options.timeoutMs)
    const finish = (exitCode: number | null): void => {
      clearTimeout(deadline)
      // The group's leader is gone; what it left behind goes too.
      if (pid !== undefined) {
        killGroup(pid)
        running.delete(pid)
      }
      child.stdout.destroy()
      child.stderr.destroy()
      resolve({ ok: exitCode === 0, exitCode, output: output.trim() })
    }
    child.once('error', (error) => {
      output += error.message
      finish(null)
    })
    child.once('exit', (code) => setTimeout(() => finish(code), 50))
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}
