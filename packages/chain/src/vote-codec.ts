/**
 * Codec of votes, certificates and entry proofs.
 *
 * subject     = kind (1 notarize, 2 nullify, 3 finalize), epoch, view, hash (32; zero exactly for nullify)
 * vote        = [...subject, validator, signature (96)]
 * certificate = [...subject, signers bitmap, signature (96)]
 * entry proof = [[] | [base certificate], [nullification, …]]
 */
import { ZERO_HASH, bytesFromHex, decodeRlp, encodeRlp, epoch, failDecode, rlpUint, view } from '@cairn/primitives'
import type { Decoded, RlpInput, RlpReader } from '@cairn/primitives'
import type { Certificate, EntryProof } from './certificate.ts'
import {
  BITMAP_MAX_BYTES,
  CERTIFICATE_MAX_BYTES,
  ENTRY_PROOF_MAX_BYTES,
  NULLIFICATIONS_MAX,
  VALIDATORS_MAX,
  VOTE_MAX_BYTES,
} from './limits.ts'
import type { Vote, VoteKind, VoteSubject } from './vote.ts'

const KINDS: readonly VoteKind[] = ['notarize', 'nullify', 'finalize']

/** Canonical RLP. */
export function encodeVote(vote: Vote): Uint8Array {
  return encodeRlp(rlpFromVote(vote))
}

/** Well-formed; the signature is not checked. */
export function decodeVote(bytes: Uint8Array): Decoded<Vote> {
  return decodeRlp(bytes, VOTE_MAX_BYTES, readVote)
}

/** Canonical RLP. */
export function encodeCertificate(certificate: Certificate): Uint8Array {
  return encodeRlp(rlpFromCertificate(certificate))
}

/** Well-formed; weight and signature are `verifyCertificate`'s. */
export function decodeCertificate(bytes: Uint8Array): Decoded<Certificate> {
  return decodeRlp(bytes, CERTIFICATE_MAX_BYTES, readCertificate)
}

/** Canonical RLP. */
export function encodeEntryProof(proof: EntryProof): Uint8Array {
  return encodeRlp(rlpFromEntryProof(proof))
}

/** Kinds, order and epoch of the certificates are right; that they reach the view in question is consensus' check. */
export function decodeEntryProof(bytes: Uint8Array): Decoded<EntryProof> {
  return decodeRlp(bytes, ENTRY_PROOF_MAX_BYTES, readEntryProof)
}

/** For codecs of objects that contain votes. */
export function rlpFromVote(vote: Vote): RlpInput {
  return [...rlpFromSubject(vote), rlpUint(vote.validator), vote.signature]
}

/** For codecs of objects that contain votes. */
export function readVote(item: RlpReader): Vote {
  const fields = item.list()
  const vote = { ...readSubject(fields), validator: fields.uint(), signature: fields.fixed(96) }
  fields.end()
  if (vote.validator >= VALIDATORS_MAX) failDecode('DECODE_INTEGER_TOO_LARGE')
  return vote
}

/** For codecs of objects that contain certificates. */
export function rlpFromCertificate(certificate: Certificate): RlpInput {
  return [...rlpFromSubject(certificate), certificate.signers, certificate.signature]
}

/** For codecs of objects that contain certificates. */
export function readCertificate(item: RlpReader): Certificate {
  const fields = item.list()
  const certificate = {
    ...readSubject(fields),
    signers: fields.bytes(BITMAP_MAX_BYTES),
    signature: fields.fixed(96),
  }
  fields.end()
  return certificate
}

/** For codecs of objects that contain entry proofs. */
export function rlpFromEntryProof(proof: EntryProof): RlpInput {
  const base = proof.base === undefined ? [] : [rlpFromCertificate(proof.base)]
  return [base, proof.nullifications.map(rlpFromCertificate)]
}

/** For codecs of objects that contain entry proofs. */
export function readEntryProof(item: RlpReader): EntryProof {
  const fields = item.list()
  const base = fields.optional(readCertificate)
  const nullifications = fields.listOf(NULLIFICATIONS_MAX, readCertificate)
  fields.end()
  if (base?.kind === 'nullify') failDecode('DECODE_WRONG_KIND')
  const baseView = base?.view ?? 0
  const baseEpoch = base?.epoch ?? nullifications[0]?.epoch
  for (const [index, certificate] of nullifications.entries()) {
    if (certificate.kind !== 'nullify') failDecode('DECODE_WRONG_KIND')
    if (certificate.epoch !== baseEpoch || certificate.view !== baseView + 1 + index) failDecode('DECODE_PROOF_GAP')
  }
  return { base, nullifications }
}

function rlpFromSubject(subject: VoteSubject): readonly RlpInput[] {
  return [
    rlpUint(KINDS.indexOf(subject.kind) + 1),
    rlpUint(subject.epoch),
    rlpUint(subject.view),
    bytesFromHex(subject.hash),
  ]
}

function readSubject(fields: RlpReader): VoteSubject {
  const kind = KINDS[fields.uint() - 1]
  if (kind === undefined) failDecode('DECODE_WRONG_KIND')
  const subject = { kind, epoch: epoch(fields.uint()), view: view(fields.uint()), hash: fields.hash() }
  if ((subject.hash === ZERO_HASH) !== (kind === 'nullify')) failDecode('DECODE_WRONG_HASH')
  // View 0 is genesis_e: nobody votes for it.
  if (subject.view === 0) failDecode('DECODE_WRONG_VIEW')
  return subject
}
