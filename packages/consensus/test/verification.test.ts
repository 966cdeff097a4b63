/** Signature checks with real BLS: aggregates, bisection, proposals. */
import { createValidatorSet, randaoSigningBytes, voteSigningBytes } from '@cairn/chain'
import type { Proposal, Vote, VoteKind } from '@cairn/chain'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { ZERO_ADDRESS, ZERO_HASH, epoch, view } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { performVerification } from '../src/verification.ts'
import type { VerificationContext } from '../src/verification.ts'
import { createHarness } from './harness.ts'

const bls = await createWasmBls(readLightWasm())
const secretKeys = Array.from({ length: 7 }, (_, index) => bls.secretKeyFromEntropy(new Uint8Array(32).fill(index + 1)))
const publicKeys = secretKeys.map((key) => bls.publicKey(key))
const validators = createValidatorSet(
  epoch(0),
  publicKeys.map((publicKey) => ({ publicKey, weight: 1n, feeRecipient: ZERO_ADDRESS, peerId: '' })),
  ZERO_HASH,
)
const context: VerificationContext = { bls, keys: bls.keySet(publicKeys), validators, genesisHash: ZERO_HASH }

describe('performVerification', () => {
  it('makes one certificate of good votes, in any order', () => {
    const votes = [4, 1, 6, 0, 2].map((validator) => signedVote('nullify', validator))
    const result = performVerification({ kind: 'aggregate', votes }, context)
    if (result.kind !== 'aggregate' || result.certificate === undefined) throw new Error('no certificate')
    expect(result.certificate.signers).toEqual(Uint8Array.of(0b1010111))
    const check = performVerification({ kind: 'certificate', certificate: result.certificate }, context)
    expect(check).toEqual({ kind: 'certificate', isValid: true })
  })

  it('finds every bad vote: another message, another key, no point at all', () => {
    const votes = [0, 1, 2, 3, 4, 5, 6].map((validator) => signedVote('nullify', validator))
    const bad = votes.map((vote) => {
      if (vote.validator === 1) return { ...vote, signature: signedVote('nullify', 1, 9).signature }
      if (vote.validator === 4) return { ...vote, signature: signedVote('nullify', 5).signature }
      if (vote.validator === 6) return { ...vote, signature: new Uint8Array(96) }
      return vote
    })
    const result = performVerification({ kind: 'aggregate', votes: bad }, context)
    expect(result).toEqual({ kind: 'aggregate', certificate: undefined, invalid: [1, 4, 6] })
  })

  it('refuses a certificate that names other signers, or another epoch, kind or view', () => {
    const votes = [0, 1, 2, 3, 4].map((validator) => signedVote('nullify', validator))
    const result = performVerification({ kind: 'aggregate', votes }, context)
    if (result.kind !== 'aggregate' || result.certificate === undefined) throw new Error('no certificate')
    const { certificate } = result
    const forged = [
      { ...certificate, signers: Uint8Array.of(0b1111110) },
      { ...certificate, signers: Uint8Array.of(0b1111111) },
      { ...certificate, epoch: epoch(1) },
      { ...certificate, kind: 'finalize' as const },
      { ...certificate, view: view(4) },
    ]
    for (const each of forged) {
      expect(performVerification({ kind: 'certificate', certificate: each }, context)).toMatchObject({ isValid: false })
    }
  })

  it('checks single votes', () => {
    const vote = signedVote('finalize', 2)
    expect(performVerification({ kind: 'vote', vote }, context)).toMatchObject({ isValid: true })
    for (const forged of [
      { ...vote, validator: 3 },
      { ...vote, validator: 9 },
      { ...vote, kind: 'notarize' as const },
    ]) {
      expect(performVerification({ kind: 'vote', vote: forged }, context)).toMatchObject({ isValid: false })
    }
  })

  it('tells a bad RANDAO reveal of the leader from a bad vote of the relay', () => {
    const h = createHarness({ self: undefined })
    const reveal = bls.sign(secretKeys[2] as Uint8Array, randaoSigningBytes(ZERO_HASH, epoch(0), view(3)))
    const propose = (randaoReveal: Uint8Array, change: Partial<Vote> = {}): Proposal => {
      const block = h.block(3, h.genesis, { randaoReveal, proposer: 2 })
      const subject = { kind: 'notarize', epoch: epoch(0), view: view(3), hash: block.hash } as const
      const signature = bls.sign(secretKeys[2] as Uint8Array, voteSigningBytes(ZERO_HASH, subject))
      return h.proposal(block, { vote: { ...subject, validator: 2, signature, ...change } })
    }
    const cases = [
      { proposal: propose(reveal), expected: { isVoteValid: true, isRandaoValid: true, evidence: 'accept' } },
      {
        proposal: propose(reveal.with(5, 1)),
        expected: { isVoteValid: true, isRandaoValid: false, evidence: 'reject' },
      },
      {
        proposal: propose(reveal, { validator: 3 }),
        expected: { isVoteValid: false, isRandaoValid: false, evidence: 'reject' },
      },
    ]
    for (const { proposal, expected } of cases) {
      expect(performVerification({ kind: 'proposal', proposal }, context)).toEqual({ kind: 'proposal', ...expected })
    }
  })
})

function signedVote(kind: VoteKind, validator: number, at = 3): Vote {
  const subject = { kind, epoch: epoch(0), view: view(at), hash: ZERO_HASH }
  const signature = bls.sign(secretKeys[validator] as Uint8Array, voteSigningBytes(ZERO_HASH, subject))
  return { ...subject, view: view(3), validator, signature }
}
