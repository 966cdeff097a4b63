/** A certificate that counts a vote which this node has not made. */
import { bitmapFromIndices, createValidatorSet } from '@cairn/chain'
import type { Certificate } from '@cairn/chain'
import { ZERO_ADDRESS, ZERO_HASH, epoch } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { foreignSignature } from '../src/own-key-watch.ts'
import { sampleCertificate } from './sample-messages.ts'

const validators = createValidatorSet(
  sampleCertificate('notarize', 2).epoch,
  [1, 2, 3, 4].map((seed) => ({
    publicKey: new Uint8Array(48).fill(seed),
    weight: 1n,
    feeRecipient: ZERO_ADDRESS,
    peerId: '',
  })),
  ZERO_HASH,
)
const consensus = { self: 1, validators, isAmnesiac: false }
const signedBy = (...signers: readonly number[]): Certificate => ({
  ...sampleCertificate('notarize', 2),
  signers: bitmapFromIndices(signers, 4),
})
const unknown = { observe: () => false }
const known = { observe: () => true }

describe('foreignSignature', () => {
  it('names the vote that the record does not have', () => {
    const { kind, view } = signedBy(0, 1, 2)
    expect(foreignSignature(signedBy(0, 1, 2), consensus, unknown)).toMatchObject({
      code: 'SIGNER_REWOUND',
      data: { kind, view },
    })
  })

  it('has nothing to say of known votes, of others’ votes, of other epochs, without a key or without memory', () => {
    expect(foreignSignature(signedBy(0, 1, 2), consensus, known)).toBeUndefined()
    expect(foreignSignature(signedBy(0, 2, 3), consensus, unknown)).toBeUndefined()
    const other = { ...signedBy(0, 1, 2), epoch: epoch(validators.epoch + 1) }
    expect(foreignSignature(other, consensus, unknown)).toBeUndefined()
    expect(foreignSignature(signedBy(0, 1, 2), { ...consensus, self: undefined }, unknown)).toBeUndefined()
    expect(foreignSignature(signedBy(0, 1, 2), consensus, undefined)).toBeUndefined()
    expect(foreignSignature(signedBy(0, 1, 2), { ...consensus, isAmnesiac: true }, unknown)).toBeUndefined()
  })
})
