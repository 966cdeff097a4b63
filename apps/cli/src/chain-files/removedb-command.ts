/**
 * `cairn removedb`: gives up what a node can get again. Never the keys, and never the write-ahead log: it is the
 * record of this key's votes, and a validator that forgets them may sign twice.
 */
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { openDataDirectory } from '@cairn/platform-node'
import { CodedError } from '@cairn/primitives'
import { isEthereumDirectory, storePathOf } from './ethereum-directory.ts'
import { assertIsDataDirectory } from './stopped-chain.ts'

export interface RemovedbCommandOptions {
  readonly dataDir: string
  /** Does not ask. */
  readonly yes: boolean
}

/** @throws CodedError `DATA_DIRECTORY_MISSING`, `DATA_DIRECTORY_IN_USE`, `REMOVEDB_NOT_CONFIRMED`, `REMOVEDB_FAILED` */
export async function runRemovedb({ dataDir, yes }: RemovedbCommandOptions): Promise<void> {
  assertIsDataDirectory(dataDir)
  const data = await openDataDirectory(dataDir)
  try {
    if (isEthereumDirectory(dataDir)) return await removeImported(storePathOf(dataDir), yes)
    if (!yes) await confirm(`Remove ${data.chainPath} and ${data.statePath}? (yes/no) `)
    // The state first: a chain without its state is executed again, a state without its chain is refused.
    await remove(data.statePath)
    await remove(data.chainPath)
    process.stdout.write(
      [
        `removed ${data.statePath} and ${data.chainPath}`,
        'kept the keys, where there are any: nobody else has them',
        'kept wal: it records what this validator has signed; with an empty one it could sign twice',
        'kept network.json and all else: they say which chain this is',
        'chain held blocks this validator voted for that are not final yet: it gets them from the other validators only',
        'to restore: `cairn import`, or start the node and let it catch up from its peers',
        '',
      ].join('\n'),
    )
  } finally {
    await data.close()
  }
}

async function removeImported(path: string, yes: boolean): Promise<void> {
  if (!yes) await confirm(`Remove ${path}? (yes/no) `)
  await remove(path)
  process.stdout.write(`removed ${path}\nkept the genesis file: \`cairn import\` restores the chain from its blocks\n`)
}

async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new CodedError('REMOVEDB_NOT_CONFIRMED', 'nothing removed: without a terminal to ask on, --yes is needed')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const abort = new AbortController()
    // The end of the input is no answer, and would otherwise never settle the question.
    terminal.once('close', () => abort.abort())
    const answer = await terminal.question(question, { signal: abort.signal }).catch(() => '')
    if (answer.trim().toLowerCase() === 'yes') return
  } finally {
    terminal.close()
  }
  throw new CodedError('REMOVEDB_NOT_CONFIRMED', 'nothing removed: not confirmed with yes')
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('REMOVEDB_FAILED', `${path} is not removed: ${why}`, { cause, data: { path } })
  }
}
