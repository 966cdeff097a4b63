/** (contract; codec below) */
import type { Certificate, VoteSubject } from '@cairn/chain'
import type { SignerRecord } from './signer.ts'

/** What a WAL says. */
export interface RecoveredWal extends SignerRecord {
  readonly ownVotes: readonly VoteSubject[]
  readonly certificates: readonly Certificate[]
}

export declare function encodeCertificateRecord(certificate: Certificate): Uint8Array
/** @throws CodedError `WAL_CORRUPT` */
export declare function recoverFromWal(records: readonly Uint8Array[]): RecoveredWal
