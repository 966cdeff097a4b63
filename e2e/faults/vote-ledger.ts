/**
 * Every vote that a validator's write-ahead log shows, over all its lives. Two records that no honest
 * signer makes in one view end the test at the record that made the conflict.
 */
import { join } from 'node:path'
import type { VoteSubject } from '@cairn/chain'
import { recoverFromWal } from '@cairn/consensus'
import { createAppendLogFile } from '@cairn/platform-node'

export interface VoteLedger {
  /** (epoch, view, kind) → hash. */
  readonly votes: Map<string, string>
}

/** Adds the votes in the log of a stopped validator. @throws Error naming a conflicting pair */
export async function readVotes(networkDirectory: string, index: number, ledger: VoteLedger): Promise<void> {
  const log = await createAppendLogFile(join(networkDirectory, `validator-${index}`, 'wal'))
  try {
    for (const subject of recoverFromWal(await log.read()).ownVotes) add(ledger, subject, index)
  } finally {
    await log.close()
  }
}

function add(ledger: VoteLedger, { kind, epoch, view, hash }: VoteSubject, index: number): void {
  const key = `${epoch}/${view}/${kind}`
  const earlier = ledger.votes.get(key)
  if (earlier !== undefined && earlier !== hash) {
    throw new Error(`validator ${index} signed ${kind} twice in view ${view}: ${earlier} and ${hash}`)
  }
  ledger.votes.set(key, hash)
  const opposite = kind === 'nullify' ? 'finalize' : kind === 'finalize' ? 'nullify' : undefined
  if (opposite !== undefined && ledger.votes.has(`${epoch}/${view}/${opposite}`)) {
    throw new Error(`validator ${index} signed nullify and finalize in view ${view}`)
  }
}
