import { beforeAll, describe, expect, it } from 'vitest'
import type { Bls, BlsKeySet } from '@cairn/crypto'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { ZERO_HASH, ACCEPT, epoch, reject, view } from '@cairn/primitives'
import type { Verdict } from '@cairn/primitives'
import {
  assembleCertificate,
  announcementSigningBytes,
  bitmapFromIndices,
  checkCertificateShape,
  createValidatorSet,
  leavingSigningBytes,
  randaoSigningBytes,
  verifyAnnouncement,
  verifyCertificate,
  verifyLeaving,
  verifyRandaoReveal,
  verifyVote,
  voteSigningBytes,
} from '../src/index.ts'
import type { Announcement, Leaving, ValidatorSet, Vote, VoteSubject } from '../src/index.ts'
import { GENESIS_HASH, hashOf, keyedSet, sampleCertificate, sampleHeader, sampleValidators } from './fixtures.ts'

let bls: Bls
let set: ValidatorSet
let keySet: BlsKeySet
let secrets: readonly Uint8Array[]
const subject: VoteSubject = { kind: 'notarize', epoch: epoch(2), view: view(5), hash: hashOf(1) }

beforeAll(async () => {
  bls = await createWasmBls(readLightWasm())
  ;({ set, secrets } = keyedSet(bls))
  keySet = bls.keySet(set.validators.map((validator) => validator.publicKey))
})

function voteOf(validator: number, changes: Partial<VoteSubject> = {}, genesisHash = GENESIS_HASH): Vote {
  const voted = { ...subject, ...changes }
  const signature = bls.sign(secrets[validator] as Uint8Array, voteSigningBytes(genesisHash, voted))
  return { ...voted, validator, signature }
}

describe('verifyVote', () => {
  it('accepts a good vote only', () => {
    const good = voteOf(1)
    expect(verifyVote(good, set, keySet, GENESIS_HASH)).toEqual(ACCEPT)
    expect(verifyVote({ ...good, validator: 2 }, set, keySet, GENESIS_HASH)).toEqual(reject('VOTE_BAD_SIGNATURE'))
    expect(verifyVote({ ...good, validator: 4 }, set, keySet, GENESIS_HASH)).toEqual(reject('VOTE_UNKNOWN_VALIDATOR'))
    expect(verifyVote({ ...good, kind: 'finalize' }, set, keySet, GENESIS_HASH)).toEqual(reject('VOTE_BAD_SIGNATURE'))
    expect(verifyVote({ ...good, epoch: epoch(3) }, set, keySet, GENESIS_HASH)).toEqual(reject('VOTE_WRONG_EPOCH'))
    expect(verifyVote(voteOf(1, {}, hashOf(9)), set, keySet, GENESIS_HASH)).toEqual(reject('VOTE_BAD_SIGNATURE'))
  })
})

describe('verifyLeaving', () => {
  it('accepts the word of the validator itself, for its place and chain only', () => {
    const place = [epoch(2), view(5)] as const
    const signature = bls.sign(secrets[1] as Uint8Array, leavingSigningBytes(GENESIS_HASH, ...place))
    const good = { epoch: epoch(2), view: view(5), validator: 1, signature }
    const check = (changes: Partial<Leaving>, genesisHash = GENESIS_HASH): Verdict =>
      verifyLeaving({ ...good, ...changes }, set, keySet, genesisHash)
    expect(check({})).toEqual(ACCEPT)
    expect(check({ validator: 2 })).toEqual(reject('LEAVING_BAD_SIGNATURE'))
    expect(check({ validator: 4 })).toEqual(reject('LEAVING_UNKNOWN_VALIDATOR'))
    expect(check({ view: view(6) })).toEqual(reject('LEAVING_BAD_SIGNATURE'))
    expect(check({ epoch: epoch(3) })).toEqual(reject('LEAVING_WRONG_EPOCH'))
    expect(check({}, hashOf(9))).toEqual(reject('LEAVING_BAD_SIGNATURE'))
    // A RANDAO reveal of the same place is another thing.
    const reveal = bls.sign(secrets[1] as Uint8Array, randaoSigningBytes(GENESIS_HASH, ...place))
    expect(check({ signature: reveal })).toEqual(reject('LEAVING_BAD_SIGNATURE'))
  })
})

describe('verifyAnnouncement', () => {
  it('accepts the word of the validator itself, for its peer, place and chain only', () => {
    const place = { epoch: epoch(2), view: view(5) }
    const signature = bls.sign(secrets[1] as Uint8Array, announcementSigningBytes(GENESIS_HASH, place, 'peer'))
    const check = (changes: Partial<Announcement>, genesisHash = GENESIS_HASH): Verdict =>
      verifyAnnouncement({ ...place, validator: 1, peerId: 'peer', signature, ...changes }, set, keySet, genesisHash)
    expect(check({})).toEqual(ACCEPT)
    expect(check({ validator: 2 })).toEqual(reject('ANNOUNCEMENT_BAD_SIGNATURE'))
    expect(check({ validator: 4 })).toEqual(reject('ANNOUNCEMENT_UNKNOWN_VALIDATOR'))
    expect(check({ peerId: 'other' })).toEqual(reject('ANNOUNCEMENT_BAD_SIGNATURE'))
    expect(check({ view: view(6) })).toEqual(reject('ANNOUNCEMENT_BAD_SIGNATURE'))
    expect(check({ epoch: epoch(3) })).toEqual(reject('ANNOUNCEMENT_WRONG_EPOCH'))
    expect(check({}, hashOf(9))).toEqual(reject('ANNOUNCEMENT_BAD_SIGNATURE'))
  })
})

describe('verifyCertificate', () => {
  it('accepts a quorum in any order of votes', () => {
    const certificate = assembleCertificate(subject, [voteOf(3), voteOf(0), voteOf(2)], bls, 4)
    expect(certificate.signers).toEqual(Uint8Array.of(0b1101))
    expect(verifyCertificate(certificate, set, keySet, GENESIS_HASH)).toEqual(ACCEPT)
  })

  it('rejects a lying bitmap, another subject and another chain', () => {
    const certificate = assembleCertificate(subject, [voteOf(0), voteOf(1), voteOf(2)], bls, 4)
    const bad = reject('CERTIFICATE_BAD_SIGNATURE')
    for (const signers of [0b1111, 0b1101]) {
      const lying = { ...certificate, signers: Uint8Array.of(signers) }
      expect(verifyCertificate(lying, set, keySet, GENESIS_HASH)).toEqual(bad)
    }
    expect(verifyCertificate({ ...certificate, view: view(6) }, set, keySet, GENESIS_HASH)).toEqual(bad)
    expect(verifyCertificate(certificate, set, keySet, hashOf(9))).toEqual(bad)
  })

  it('rejects a wrong shape before it verifies', () => {
    const shape = (signers: readonly number[], changes = {}): unknown =>
      checkCertificateShape(sampleCertificate('notarize', { signers: bitmapFromIndices(signers, 4), ...changes }), set)
    expect(shape([0, 1, 2])).toEqual(ACCEPT)
    expect(shape([0, 1])).toEqual(reject('CERTIFICATE_BELOW_QUORUM'))
    expect(shape([])).toEqual(reject('CERTIFICATE_BELOW_QUORUM'))
    expect(shape([0, 1, 2], { epoch: epoch(1) })).toEqual(reject('CERTIFICATE_WRONG_EPOCH'))
    expect(shape([0, 1, 2], { signers: Uint8Array.of(0b10111) })).toEqual(reject('CERTIFICATE_BAD_BITMAP'))
    expect(shape([0, 1, 2], { signers: Uint8Array.of(0b111, 0) })).toEqual(reject('CERTIFICATE_BAD_BITMAP'))
  })

  it('counts weight, not heads', () => {
    const weighted = createValidatorSet(epoch(2), sampleValidators([10n, 1n, 1n, 1n]), ZERO_HASH)
    const shape = (signers: readonly number[]): string =>
      checkCertificateShape(sampleCertificate('notarize', { signers: bitmapFromIndices(signers, 4) }), weighted).verdict
    expect(weighted.quorum).toBe(9n)
    expect(shape([0])).toBe('accept')
    expect(shape([1, 2, 3])).toBe('reject')
  })
})

it('verifies the RANDAO reveal of the proposer for the header’s own epoch and view', () => {
  const message = randaoSigningBytes(GENESIS_HASH, sampleHeader.epoch, sampleHeader.view)
  const header = { ...sampleHeader, proposer: 3, randaoReveal: bls.sign(secrets[3] as Uint8Array, message) }
  expect(verifyRandaoReveal(header, keySet, GENESIS_HASH)).toBe(true)
  expect(verifyRandaoReveal({ ...header, proposer: 2 }, keySet, GENESIS_HASH)).toBe(false)
  expect(verifyRandaoReveal({ ...header, proposer: 4 }, keySet, GENESIS_HASH)).toBe(false)
  expect(verifyRandaoReveal({ ...header, view: view(10) }, keySet, GENESIS_HASH)).toBe(false)
})
