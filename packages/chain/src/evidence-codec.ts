/**
 * Codec of evidence, alone (gossip) and as the list that a block includes.
 *
 * evidence = [1, vote, vote] | [2, certificate, certificate], conflicting and in order, so that a pair has one encoding
 *          | [3, vote, certificate], conflicting
 * list     = [evidence, …], strictly ascending by hash, so that a set of evidence has one encoding
 */
import { keccak256 } from '@cairn/crypto'
import { decodeRlp, encodeRlp, failDecode, rlpUint } from '@cairn/primitives'
import type { Decoded, Hash, RlpInput, RlpReader } from '@cairn/primitives'
import { isConflicting } from './evidence.ts'
import type { Evidence } from './evidence.ts'
import { EVIDENCE_LIST_MAX_BYTES, EVIDENCE_MAX_BYTES, EVIDENCE_PER_BLOCK_MAX } from './limits.ts'
import { readCertificate, readVote, rlpFromCertificate, rlpFromVote } from './vote-codec.ts'

/** The list of a block without evidence. */
export const NO_EVIDENCE = Uint8Array.of(0xc0)

const TYPE = { votes: 1, certificates: 2, 'vote-and-certificate': 3 } as const

/** Canonical RLP. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encodeRlp(rlpFromEvidence(evidence))
}

/** Conflicting and in order; the signatures are `verifyEvidence`'s. */
export function decodeEvidence(bytes: Uint8Array): Decoded<Evidence> {
  return decodeRlp(bytes, EVIDENCE_MAX_BYTES, readEvidence)
}

/** keccak256 of the encoding. Votes: one per pair, since BLS signatures are unique. */
export function evidenceHash(evidence: Evidence): Hash {
  return keccak256(encodeEvidence(evidence))
}

/** Canonical RLP of a block's evidence; `items` in any order, each once, at most `EVIDENCE_PER_BLOCK_MAX`. */
export function encodeEvidenceList(items: readonly Evidence[]): Uint8Array {
  const hashed = items.map((item) => ({ hash: evidenceHash(item), rlp: rlpFromEvidence(item) }))
  return encodeRlp(hashed.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ rlp }) => rlp))
}

/** Each item as `decodeEvidence` says, at most `EVIDENCE_PER_BLOCK_MAX`, ascending by hash, none twice. */
export function decodeEvidenceList(bytes: Uint8Array): Decoded<readonly Evidence[]> {
  return decodeRlp(bytes, EVIDENCE_LIST_MAX_BYTES, (list) => {
    const items = list.listOf(EVIDENCE_PER_BLOCK_MAX, readEvidence)
    let last = ''
    for (const item of items) {
      const hash = evidenceHash(item)
      if (hash <= last) failDecode('DECODE_NOT_SORTED')
      last = hash
    }
    return items
  })
}

function rlpFromEvidence(evidence: Evidence): RlpInput {
  const halves = [evidence.first, evidence.second].map((half) =>
    'validator' in half ? rlpFromVote(half) : rlpFromCertificate(half),
  )
  return [rlpUint(TYPE[evidence.type]), ...halves]
}

function readEvidence(item: RlpReader): Evidence {
  const fields = item.list()
  const type = fields.uint()
  const evidence = readHalves(type, fields)
  fields.end()
  if (!isConflicting(evidence)) failDecode('DECODE_NOT_CONFLICTING')
  return evidence
}

function readHalves(type: number, fields: RlpReader): Evidence {
  switch (type) {
    case TYPE.votes:
      return { type: 'votes', first: readVote(fields), second: readVote(fields) }
    case TYPE.certificates:
      return { type: 'certificates', first: readCertificate(fields), second: readCertificate(fields) }
    case TYPE['vote-and-certificate']:
      return { type: 'vote-and-certificate', first: readVote(fields), second: readCertificate(fields) }
    default:
      return failDecode('DECODE_WRONG_KIND')
  }
}
