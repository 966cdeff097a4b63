/**
 * R10 at the start: what this key has signed before, or that nobody knows any more. A log that was ever used begins with
 * a floor or a vote; a marker outside of it says that it was used. Log without either, but marker: the log was lost.
 * Neither log nor marker: the first start of a new key.
 */
import { type RecoveredWal, type Signer, recoverFromWal } from '@cairn/consensus'
import type { AppendLog, Log } from '@cairn/ports'
import { CodedError, epoch, view } from '@cairn/primitives'
import type { VoteMarker } from './node-options.ts'

export interface RecoveredVotes extends RecoveredWal {
  /** The log is gone or damaged: nothing may be signed until the rules say so. */
  readonly isAmnesiac: boolean
}

/** Also makes the log usable again after damage. @throws CodedError `STORE_FULL`, `STORE_FAILED` */
export async function recoverVotes(wal: AppendLog, marker: VoteMarker, log: Log): Promise<RecoveredVotes> {
  const found = await readLog(wal)
  if (found instanceof CodedError) {
    log.error('the write-ahead log is damaged: this validator abstains until it is safe to vote', { error: found })
    // Before the damage is gone: without log and marker this would look like a first start.
    await marker.set()
    await wal.replace([])
    return { ...NOTHING, isAmnesiac: true }
  }
  const isUsed = found.floor !== undefined || found.ownVotes.length > 0
  if (!isUsed && (await marker.isSet())) {
    log.error('the write-ahead log is lost: this validator abstains until it is safe to vote')
    return { ...found, isAmnesiac: true }
  }
  return { ...found, isAmnesiac: false }
}

/** The log says from now on that it is used, then the marker does. In this order: a log without marker is no harm. */
export async function markUsed(votes: RecoveredVotes, signer: Signer, marker: VoteMarker): Promise<void> {
  if (votes.isAmnesiac) return
  if (votes.floor === undefined && votes.ownVotes.length === 0) {
    await signer.compact({ epoch: epoch(0), view: view(0) }, votes.certificates)
  }
  if (!(await marker.isSet())) await marker.set()
}

const NOTHING: RecoveredWal = { ownVotes: [], certificates: [], floor: undefined }

async function readLog(wal: AppendLog): Promise<RecoveredWal | CodedError> {
  try {
    return recoverFromWal(await wal.read())
  } catch (error) {
    if (error instanceof CodedError && error.code === 'WAL_CORRUPT') return error
    throw error
  }
}
