import { describe, expect, it } from 'vitest'
import { createFakeBls } from '../src/simulator/model/fake-bls.ts'

describe('fake BLS', () => {
  const bls = createFakeBls()
  const secretKeys = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
  const keys = bls.keySet(secretKeys.map((key) => bls.publicKey(key)))
  const message = Uint8Array.of(1, 2, 3)
  const signatures = secretKeys.map((key) => bls.sign(key, message))

  it('verifies a signature under its key and message only', () => {
    const [signature] = signatures
    if (signature === undefined) throw new Error('no signature')
    expect(keys.verify(0, message, signature)).toBe(true)
    expect(keys.verify(1, message, signature)).toBe(false)
    expect(keys.verify(0, Uint8Array.of(1, 2, 4), signature)).toBe(false)
    expect(keys.verify(0, message, signature.with(95, 1))).toBe(false)
    expect(keys.verify(0, message, signature.slice(1))).toBe(false)
  })

  it('verifies an aggregate of exactly its signers, joined in any order', () => {
    const aggregate = bls.aggregate(signatures)
    expect(bls.aggregate(signatures.toReversed())).toEqual(aggregate)
    expect(keys.verifyAggregate([0, 1, 2], message, aggregate)).toBe(true)
    expect(keys.verifyAggregate([0, 1], message, aggregate)).toBe(false)
    expect(keys.verifyAggregate([0, 1], message, bls.aggregate(signatures.slice(0, 2)))).toBe(true)
  })

  it('refuses to aggregate what is no signature', () => {
    expect(() => bls.aggregate([new Uint8Array(96).fill(1)])).toThrow(
      expect.objectContaining({ code: 'BLS_BAD_SIGNATURE' }),
    )
  })
})
