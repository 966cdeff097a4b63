/**
 * Who holds a lock file: `pid`, and on Linux the process's start time with the boot it belongs to, because
 * pids come again (in a container the node often has the same small pid at each start).
 */
import { readFileSync } from 'node:fs'

/** The content of a lock file: pid, newline, and where the platform tells it, `boot id / start ticks`. */
export function describeProcess(pid: number): string {
  const start = startOf(pid)
  return start === undefined ? `${pid}\n` : `${pid}\n${start}\n`
}

/** `undefined` where the text is no lock's. */
export function parseHolder(text: string): { readonly pid: number; readonly start: string | undefined } | undefined {
  const match = /^([1-9]\d{0,9})\n(?:([0-9a-f-]+\/\d+)\n)?$/.exec(text)
  return match === null ? undefined : { pid: Number(match[1]), start: match[2] }
}

/** Whether the process that wrote the lock still runs. Unreadable locks (power loss while writing) are dead. */
export function isAlive(text: string): boolean {
  const holder = parseHolder(text)
  if (holder === undefined) return false
  if (holder.start !== undefined) return startOf(holder.pid) === holder.start
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * Field 22 of `/proc/<pid>/stat` after the boot id; the name in field 2 may contain anything, so counted from its end.
 * A zombie holds nothing any more.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return 'dead'
    const ticks = others[18]
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return ticks === undefined || boot === '' ? undefined : `${boot}/${ticks}`
  } catch {
    return undefined
  }
}
