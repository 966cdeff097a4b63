/**
 * One signer per validator key on a machine, wherever copies of the key file lie: the data directory's lock knows only
 * its own directory. The lock is named after the public key and lies where every process of the user looks, whatever
 * its environment says: under the home directory that the system has for the user (not `$HOME`), and under `/tmp`, since
 * either may be missing or read-only. Every usable place is taken, so that two processes with one place in common see
 * each other; without any usable place no key is used.
 *
 * Not covered: other users of the machine, other machines, containers that share neither place or have process ids of
 * their own. There the signer's own rules are what is left (`SIGNER_REWOUND`).
 */
import { lstat, mkdir } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@cairn/crypto'
import { CodedError, hexFromBytes } from '@cairn/primitives'
import { removeOldLocks, takeProcessLock } from './process-lock.ts'
import type { ReleaseLock } from './process-lock.ts'

const LOCK_NAME = /^key-[0-9a-f]{32}\.lock$/

/**
 * Takes the lock of a key, at each of `directories` that can be used.
 * @throws CodedError `VALIDATOR_KEY_IN_USE` (with the `pid` in its data where it is known), `VALIDATOR_KEY_LOCK_FAILED`
 */
export async function takeKeyLock(
  publicKey: Uint8Array,
  directories: readonly string[] = keyLockDirectories(),
): Promise<ReleaseLock> {
  const name = `key-${sha256(publicKey).slice(2, 34)}.lock`
  const taken: ReleaseLock[] = []
  const releaseAll = async (): Promise<void> => {
    for (const release of taken) await release()
  }
  const faults: unknown[] = []
  for (const directory of directories) {
    try {
      await makePrivate(directory)
      taken.push(await takeProcessLock(join(directory, name), (pid) => inUse(publicKey, pid)))
    } catch (error) {
      if (error instanceof CodedError && error.code === 'VALIDATOR_KEY_IN_USE') {
        await releaseAll()
        throw error
      }
      faults.push(error)
    }
  }
  if (taken.length > 0) {
    // Whoever is killed leaves its lock behind; a key that never comes back would leave it for ever.
    for (const directory of directories) await removeOldLocks(directory, LOCK_NAME).catch(() => undefined)
    return releaseAll
  }
  throw new CodedError('VALIDATOR_KEY_LOCK_FAILED', `no lock can be made in ${directories.join(' or ')}`, {
    data: { directories },
    cause: faults[0],
  })
}

/** The same for every process of this user. */
export function keyLockDirectories(): readonly string[] {
  const { uid, homedir } = userInfo()
  const shared = process.platform === 'win32' ? [] : [`/tmp/cairn-${uid}`]
  return [join(homedir, '.cairn', 'locks'), ...shared]
}

/** In `/tmp` anybody may have made the directory first: then it is of no use. */
async function makePrivate(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  if (process.platform === 'win32') return
  const found = await lstat(directory)
  const isOwn = found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o022) === 0
  if (!isOwn) throw new CodedError('VALIDATOR_KEY_LOCK_FAILED', `${directory} is not this user’s alone`)
}

function inUse(publicKey: Uint8Array, pid: number | undefined): CodedError {
  const by = pid === undefined ? 'another process' : `the process ${pid}`
  return new CodedError('VALIDATOR_KEY_IN_USE', `the validator key ${hexFromBytes(publicKey)} is in use by ${by}`, {
    data: { pid },
  })
}
