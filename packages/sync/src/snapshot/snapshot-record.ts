/** What a snapshot sync writes beside the state with each step, so that it goes on after a restart. RLP, versioned. */
import { CERTIFICATE_MAX_BYTES, decodeCertificate, encodeCertificate } from '@cairn/chain'
import type { Certificate, KeyInterval } from '@cairn/chain'
import { bytesFromHex, decodeRlpList, encodeRlp, failDecode, height, rlpUint } from '@cairn/primitives'
import type { Decoded, Hash, Height } from '@cairn/primitives'
import { SNAPSHOT_INTERVALS_MAX } from '../limits.ts'

/** The block whose state is restored. The certificate is of it, or of a later block that was verified with it. */
export interface Pivot {
  readonly height: Height
  readonly hash: Hash
  readonly stateRoot: Hash
  readonly certificate: Certificate
}

export interface SnapshotRecord {
  readonly pivot: Pivot
  /** Intervals of the account key space that are still missing. */
  readonly missing: readonly KeyInterval[]
  readonly bytesReceived: number
  readonly accountCount: number
}

export function encodeSnapshotRecord({ pivot, missing, bytesReceived, accountCount }: SnapshotRecord): Uint8Array {
  return encodeRlp([
    rlpUint(VERSION),
    rlpUint(pivot.height),
    bytesFromHex(pivot.hash),
    bytesFromHex(pivot.stateRoot),
    encodeCertificate(pivot.certificate),
    missing.map(({ start, end }) => [bytesFromHex(start), bytesFromHex(end)]),
    rlpUint(bytesReceived),
    rlpUint(accountCount),
  ])
}

export function decodeSnapshotRecord(bytes: Uint8Array): Decoded<SnapshotRecord> {
  return decodeRlpList(bytes, bytes.length, (fields) => {
    if (fields.uint() !== VERSION) failDecode('DECODE_WRONG_KIND')
    const [at, hash, stateRoot] = [height(fields.uint()), fields.hash(), fields.hash()]
    const certificate = decodeCertificate(fields.bytes(CERTIFICATE_MAX_BYTES))
    if (!certificate.ok) return failDecode(certificate.code)
    const missing = fields.listOf(SNAPSHOT_INTERVALS_MAX, (entries) => {
      const entry = entries.list()
      const interval = { start: entry.hash(), end: entry.hash() }
      entry.end()
      return interval
    })
    const record = { pivot: { height: at, hash, stateRoot, certificate: certificate.value }, missing }
    const counts = { bytesReceived: fields.uint(), accountCount: fields.uint() }
    return { ...record, ...counts }
  })
}

const VERSION = 1
