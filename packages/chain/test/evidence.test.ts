/** Every pair of messages of one view that is slashable, every pair that is not, and what a verifier refuses. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Bls, BlsKeySet } from '@cairn/crypto'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { ZERO_HASH, epoch, reject, view } from '@cairn/primitives'
import {
  bitmapFromIndices,
  accusedOf,
  assembleCertificate,
  decodeEvidence,
  decodeEvidenceList,
  encodeEvidence,
  encodeEvidenceList,
  evidenceFromCertificates,
  evidenceFromVoteAndCertificate,
  evidenceFromVotes,
  evidenceHash,
  offenceOf,
  verifyEvidence,
  voteSigningBytes,
} from '../src/index.ts'
import type { Certificate, Evidence, ValidatorSet, Vote, VoteSubject } from '../src/index.ts'
import { GENESIS_HASH, hashOf, keyedSet } from './fixtures.ts'

let bls: Bls
let set: ValidatorSet
let keySet: BlsKeySet
let secrets: readonly Uint8Array[]
const N: VoteSubject = { kind: 'notarize', epoch: epoch(2), view: view(5), hash: hashOf(1) }
const N2: VoteSubject = { ...N, hash: hashOf(2) }
const F: VoteSubject = { ...N, kind: 'finalize' }
const F2: VoteSubject = { ...F, hash: hashOf(2) }
const X: VoteSubject = { ...N, kind: 'nullify', hash: ZERO_HASH }

beforeAll(async () => {
  bls = await createWasmBls(readLightWasm())
  ;({ set, secrets } = keyedSet(bls))
  keySet = bls.keySet(set.validators.map((validator) => validator.publicKey))
})

function voteOf(validator: number, voted: VoteSubject, genesisHash = GENESIS_HASH): Vote {
  const signature = bls.sign(secrets[validator] as Uint8Array, voteSigningBytes(genesisHash, voted))
  return { ...voted, validator, signature }
}

function certificateOf(signers: readonly number[], voted: VoteSubject, genesisHash = GENESIS_HASH): Certificate {
  const votes = signers.map((signer) => voteOf(signer, voted, genesisHash))
  return assembleCertificate(voted, votes, bls, set.validators.length)
}

const SLASHABLE: readonly (readonly [string, VoteSubject, VoteSubject, string])[] = [
  ['two N of different hashes', N, N2, 'double-notarize'],
  ['two F of different hashes', F, F2, 'double-finalize'],
  ['X and F', X, F, 'nullify-and-finalize'],
]

const HARMLESS: readonly (readonly [string, VoteSubject, VoteSubject])[] = [
  ['N twice', N, N],
  ['X twice', X, X],
  ['F twice', F, F],
  ['N and X', N, X],
  ['N(h′) and F(h)', N2, F],
  ['N(h) and F(h)', N, F],
  ['two N of two views', N, { ...N2, view: view(6) }],
  ['two F of two views', F, { ...F2, view: view(6) }],
  ['X and F of two views', X, { ...F, view: view(6) }],
  ['two N of two epochs', N, { ...N2, epoch: epoch(3) }],
  ['X and F of two epochs', { ...X, epoch: epoch(1) }, F],
]

describe('slashable', () => {
  it.each(SLASHABLE)('%s, as votes: the signer', (_name, a, b, kind) => {
    const [one, other] = [voteOf(1, a), voteOf(1, b)]
    const evidence = evidenceFromVotes(one, other) as Evidence
    expect(evidenceFromVotes(other, one)).toEqual(evidence)
    expect(offenceOf(evidence)).toEqual({ kind, epoch: 2, view: 5 })
    expect(verifyEvidence(evidence, set, keySet, GENESIS_HASH)).toEqual({ verdict: 'accept', offenders: [1] })
  })

  it.each(SLASHABLE)('%s, as certificates: whoever signed both', (_name, a, b, kind) => {
    const [one, other] = [certificateOf([0, 1, 2], a), certificateOf([1, 2, 3], b)]
    const evidence = evidenceFromCertificates(one, other) as Evidence
    expect(evidenceFromCertificates(other, one)).toEqual(evidence)
    expect(offenceOf(evidence)).toEqual({ kind, epoch: 2, view: 5 })
    expect(verifyEvidence(evidence, set, keySet, GENESIS_HASH)).toEqual({ verdict: 'accept', offenders: [1, 2] })
    expect(accusedOf(evidence)).toEqual([1, 2])
  })

  it.each(SLASHABLE)('%s, as a vote and a certificate: the voter', (_name, a, b, kind) => {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const evidence = evidenceFromVoteAndCertificate(voteOf(1, one), certificateOf([0, 1, 2], other)) as Evidence
      expect(offenceOf(evidence)).toEqual({ kind, epoch: 2, view: 5 })
      expect(verifyEvidence(evidence, set, keySet, GENESIS_HASH)).toEqual({ verdict: 'accept', offenders: [1] })
      expect(decodeEvidence(encodeEvidence(evidence))).toEqual({ ok: true, value: evidence })
    }
  })
})

describe('not slashable', () => {
  it.each(HARMLESS)('%s', (_name, a, b) => {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      expect(evidenceFromVotes(voteOf(1, one), voteOf(1, other))).toBeUndefined()
      const certificates = [certificateOf([0, 1, 2], one), certificateOf([1, 2, 3], other)] as const
      expect(evidenceFromCertificates(...certificates)).toBeUndefined()
      expect(evidenceFromVoteAndCertificate(voteOf(1, one), certificateOf([0, 1, 2], other))).toBeUndefined()
      // Nor when put together by hand, past the constructors.
      const forged: Evidence = { type: 'votes', first: voteOf(1, one), second: voteOf(1, other) }
      expect(verifyEvidence(forged, set, keySet, GENESIS_HASH)).toEqual(reject('EVIDENCE_NOT_CONFLICTING'))
      expect(decodeEvidence(encodeEvidence(forged))).toEqual({ ok: false, code: 'DECODE_NOT_CONFLICTING' })
    }
  })

  it('conflicting votes of two validators', () => {
    expect(evidenceFromVotes(voteOf(1, N), voteOf(2, N2))).toBeUndefined()
    const forged: Evidence = { type: 'votes', first: voteOf(1, N), second: voteOf(2, N2) }
    expect(verifyEvidence(forged, set, keySet, GENESIS_HASH)).toEqual(reject('EVIDENCE_NOT_CONFLICTING'))
  })

  it('a vote against a certificate that others have signed', () => {
    expect(evidenceFromVoteAndCertificate(voteOf(3, N2), certificateOf([0, 1, 2], N))).toBeUndefined()
    const forged: Evidence = { type: 'vote-and-certificate', first: voteOf(3, N2), second: certificateOf([0, 1, 2], N) }
    expect(verifyEvidence(forged, set, keySet, GENESIS_HASH)).toEqual(reject('EVIDENCE_NOT_CONFLICTING'))
    expect(decodeEvidence(encodeEvidence(forged))).toEqual({ ok: false, code: 'DECODE_NOT_CONFLICTING' })
    // With the voter's bit in the bitmap it is the signature that does not hold.
    const everybody = { ...forged.second, signers: bitmapFromIndices([0, 1, 2, 3], 4) } as Certificate
    const accused: Evidence = { type: 'vote-and-certificate', first: voteOf(3, N2), second: everybody }
    expect(verifyEvidence(accused, set, keySet, GENESIS_HASH)).toEqual(reject('CERTIFICATE_BAD_SIGNATURE'))
  })

  it('two certificates of one block by different quorums', () => {
    expect(evidenceFromCertificates(certificateOf([0, 1, 2], F), certificateOf([1, 2, 3], F))).toBeUndefined()
  })
})

describe('verifyEvidence', () => {
  const codeOf = (evidence: Evidence, ofSet = set, genesisHash = GENESIS_HASH): unknown => {
    const verdict = verifyEvidence(evidence, ofSet, keySet, genesisHash)
    return verdict.verdict === 'accept' ? verdict.offenders : verdict.code
  }

  it('refuses a forged signature, a non-member, another order, another epoch’s set, another chain', () => {
    const evidence = evidenceFromVotes(voteOf(1, N), voteOf(1, N2))
    if (evidence === undefined) throw new Error('the votes conflict')
    const { first, second } = evidence
    expect(codeOf(evidence)).toEqual([1])
    expect(codeOf({ ...evidence, second: { ...second, hash: hashOf(3) } })).toBe('VOTE_BAD_SIGNATURE')
    expect(codeOf({ ...evidence, first: { ...first, signature: second.signature } })).toBe('VOTE_BAD_SIGNATURE')
    const blamed = { first: { ...first, validator: 2 }, second: { ...second, validator: 2 } }
    expect(codeOf({ ...evidence, ...blamed })).toBe('VOTE_BAD_SIGNATURE')
    const outside = { first: { ...first, validator: 4 }, second: { ...second, validator: 4 } }
    expect(codeOf({ ...evidence, ...outside })).toBe('VOTE_UNKNOWN_VALIDATOR')
    expect(codeOf({ ...evidence, first: second, second: first })).toBe('EVIDENCE_NOT_CONFLICTING')
    expect(codeOf(evidence, { ...set, epoch: epoch(3) })).toBe('VOTE_WRONG_EPOCH')
    expect(codeOf(evidence, set, hashOf(9))).toBe('VOTE_BAD_SIGNATURE')
    const otherChain = evidenceFromVotes(voteOf(1, N), voteOf(1, N2, hashOf(9)))
    expect(otherChain === undefined ? '' : codeOf(otherChain)).toBe('VOTE_BAD_SIGNATURE')
  })

  it('refuses certificates that lie about their signers, are below the quorum or of another chain', () => {
    const [one, other] = [certificateOf([0, 1, 2], X), certificateOf([1, 2, 3], F)]
    const evidence = evidenceFromCertificates(one, other)
    if (evidence === undefined) throw new Error('the certificates conflict')
    const withFirst = (first: Certificate): Evidence => ({ ...evidence, first })
    expect(codeOf(evidence)).toEqual([1, 2])
    expect(codeOf(withFirst({ ...one, signers: Uint8Array.of(0b1110) }))).toBe('CERTIFICATE_BAD_SIGNATURE')
    expect(codeOf(withFirst({ ...one, signers: Uint8Array.of(0b10111) }))).toBe('CERTIFICATE_BAD_BITMAP')
    expect(codeOf(withFirst({ ...one, signers: Uint8Array.of(0b111, 0) }))).toBe('CERTIFICATE_BAD_BITMAP')
    expect(codeOf(withFirst(certificateOf([0, 1], X)))).toBe('CERTIFICATE_BELOW_QUORUM')
    expect(codeOf(withFirst(certificateOf([0, 1, 2], X, hashOf(9))))).toBe('CERTIFICATE_BAD_SIGNATURE')
    expect(codeOf(evidence, { ...set, epoch: epoch(1) })).toBe('CERTIFICATE_WRONG_EPOCH')
  })
})

describe('the list of a block', () => {
  it('has one order, whatever order its items come in', () => {
    const items = [1, 2, 3].map(
      (validator) => evidenceFromVotes(voteOf(validator, N), voteOf(validator, N2)) as Evidence,
    )
    const bytes = encodeEvidenceList(items)
    expect(encodeEvidenceList(items.toReversed())).toEqual(bytes)
    const decoded = decodeEvidenceList(bytes)
    const hashes = decoded.ok ? decoded.value.map(evidenceHash) : []
    expect(hashes).toEqual(items.map(evidenceHash).toSorted())
    expect(decodeEvidenceList(encodeEvidenceList([]))).toEqual({ ok: true, value: [] })
  })

  it('holds no item twice and no more than a block may', () => {
    const item = evidenceFromVotes(voteOf(1, N), voteOf(1, N2)) as Evidence
    expect(decodeEvidenceList(encodeEvidenceList([item, item]))).toEqual({ ok: false, code: 'DECODE_NOT_SORTED' })
    const many = Array.from({ length: 9 }, (_, index) => {
      const [a, b] = [N, N2].map((subject) => ({ ...voteOf(1, subject), view: view(index + 1) })) as [Vote, Vote]
      return evidenceFromVotes(a, b) as Evidence
    })
    expect(decodeEvidenceList(encodeEvidenceList(many))).toEqual({ ok: false, code: 'DECODE_TOO_MANY_ITEMS' })
    expect(decodeEvidenceList(encodeEvidenceList(many.slice(1))).ok).toBe(true)
  })
})
