/**
 * Records of the write-ahead log (R10), inside the log's own framing and checksums.
 *
 * record      = version (1) ‖ type (1) ‖ body
 * vote (1)    = kind (1) ‖ epoch u64 ‖ view u64 ‖ hash (32): an own vote, written before it is signed
 * floor (2)   = epoch u64 ‖ view u64: nothing is signed at or below it; stands for the votes dropped by compaction
 * certificate (3) = canonical RLP of the certificate: for liveness only
 */
import { decodeCertificate, encodeCertificate } from '@cairn/chain'
import type { Certificate, VoteKind, VoteSubject } from '@cairn/chain'
import {
  CodedError,
  ZERO_HASH,
  bytesFromHex,
  bytesFromUint64,
  concatBytes,
  epoch,
  hashFromBytes,
  view,
} from '@cairn/primitives'
import { createVoteGuard, isLater } from './vote-guard.ts'
import type { SignerRecord, WalFloor } from './vote-guard.ts'

/** What a WAL says. */
export interface RecoveredWal extends SignerRecord {
  readonly certificates: readonly Certificate[]
}

const VERSION = 1
const TYPE = { vote: 1, floor: 2, certificate: 3 } as const
const KINDS: readonly VoteKind[] = ['notarize', 'nullify', 'finalize']
const VOTE_RECORD_BYTES = 2 + 1 + 8 + 8 + 32
const FLOOR_RECORD_BYTES = 2 + 8 + 8

/** 51 bytes. */
export function encodeVoteRecord(subject: VoteSubject): Uint8Array {
  return concatBytes(
    Uint8Array.of(VERSION, TYPE.vote, KINDS.indexOf(subject.kind) + 1),
    bytesFromUint64(subject.epoch),
    bytesFromUint64(subject.view),
    bytesFromHex(subject.hash),
  )
}

/** Payload of `log-certificate`. */
export function encodeCertificateRecord(certificate: Certificate): Uint8Array {
  return concatBytes(Uint8Array.of(VERSION, TYPE.certificate), encodeCertificate(certificate))
}

/**
 * Everything the log says, in its order. No record is passed over.
 * @throws CodedError `WAL_CORRUPT`: an unknown or malformed record, or votes that one honest signer cannot have written
 */
export function recoverFromWal(records: readonly Uint8Array[]): RecoveredWal {
  const ownVotes: VoteSubject[] = []
  const certificates: Certificate[] = []
  let floor: WalFloor | undefined
  for (const [index, record] of records.entries()) {
    if (record[0] !== VERSION) throw walCorrupt(index, `version ${record[0]}`)
    if (record[1] === TYPE.vote) ownVotes.push(decodeVoteRecord(record, index))
    else if (record[1] === TYPE.certificate) certificates.push(decodeCertificateRecord(record, index))
    else if (record[1] === TYPE.floor) floor = later(floor, decodeFloor(record, index))
    else throw walCorrupt(index, `type ${record[1]}`)
  }
  const guard = createVoteGuard()
  for (const [index, subject] of ownVotes.entries()) {
    const conflict = guard.conflictOf(subject)
    if (conflict !== undefined) throw walCorrupt(index, `two writers: ${conflict}`)
    guard.record(subject)
  }
  return { ownVotes, certificates, floor }
}

/** The whole log once everything at or below `floor` is final: `votes` and `certificates` are the ones above it. */
export function compactRecords(
  floor: WalFloor,
  votes: readonly VoteSubject[],
  certificates: readonly Certificate[],
): readonly Uint8Array[] {
  return [
    concatBytes(Uint8Array.of(VERSION, TYPE.floor), bytesFromUint64(floor.epoch), bytesFromUint64(floor.view)),
    ...votes.map(encodeVoteRecord),
    ...certificates.map(encodeCertificateRecord),
  ]
}

function later(a: WalFloor | undefined, b: WalFloor): WalFloor {
  return a !== undefined && isLater(a, b) ? a : b
}

function decodeVoteRecord(record: Uint8Array, index: number): VoteSubject {
  const kind = KINDS[(record[2] ?? 0) - 1]
  if (record.length !== VOTE_RECORD_BYTES || kind === undefined) throw walCorrupt(index, 'malformed vote')
  const hash = hashFromBytes(record.subarray(19))
  if ((hash === ZERO_HASH) !== (kind === 'nullify')) throw walCorrupt(index, 'vote with a wrong hash')
  return { kind, epoch: epoch(readUint64(record, 3, index)), view: view(readUint64(record, 11, index)), hash }
}

function decodeCertificateRecord(record: Uint8Array, index: number): Certificate {
  const decoded = decodeCertificate(record.subarray(2))
  if (!decoded.ok) throw walCorrupt(index, `certificate: ${decoded.code}`)
  return decoded.value
}

function decodeFloor(record: Uint8Array, index: number): WalFloor {
  if (record.length !== FLOOR_RECORD_BYTES) throw walCorrupt(index, 'malformed floor')
  return { epoch: epoch(readUint64(record, 2, index)), view: view(readUint64(record, 10, index)) }
}

function readUint64(record: Uint8Array, offset: number, index: number): number {
  const value = Number(new DataView(record.buffer, record.byteOffset + offset, 8).getBigUint64(0))
  if (!Number.isSafeInteger(value)) throw walCorrupt(index, 'integer too large')
  return value
}

function walCorrupt(index: number, why: string): CodedError {
  return new CodedError('WAL_CORRUPT', `WAL record ${index}: ${why}`, { data: { index } })
}
