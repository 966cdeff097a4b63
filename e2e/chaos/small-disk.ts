/** A file system of its own for one data directory (tmpfs, so root on Linux), which can be filled to the last byte. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface SmallDisk {
  fill(): void
  empty(): void
  unmount(): void
}

/** Far more than a run writes, little enough to fill at once. */
const SIZE = '256m'
const FILLER = 'filler'

/** Mounts over the empty directory `path`. `undefined` where this process may not mount. */
export function mountSmallDisk(path: string): SmallDisk | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const filler = join(path, FILLER)
  return {
    fill: () => {
      const file = openSync(filler, 'a')
      try {
        for (let size = 1 << 20; size >= 1; size >>= 4) writeUntilFull(file, Buffer.alloc(size))
      } finally {
        closeSync(file)
      }
    },
    empty: () => rmSync(filler, { force: true }),
    unmount: () => execFileSync('umount', ['--lazy', path]),
  }
}

function writeUntilFull(file: number, chunk: Uint8Array): void {
  try {
    for (;;) writeSync(file, chunk)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
