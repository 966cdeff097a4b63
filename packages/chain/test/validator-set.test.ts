import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ZERO_HASH, epoch } from '@cairn/primitives'
import { createValidatorSet, weightOf } from '../src/index.ts'
import { hashOf, sampleValidators } from './fixtures.ts'

it('sums weights and takes more than two thirds as quorum', () => {
  const quorums = [1, 2, 3, 4, 7, 10].map((size) => {
    const weights = Array.from({ length: size }, () => 1n)
    return createValidatorSet(epoch(0), sampleValidators(weights), ZERO_HASH).quorum
  })
  expect(quorums).toEqual([1n, 2n, 3n, 3n, 5n, 7n])
})

it('two quorums share more than a third of the weight', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(1n, (1n << 64n) - 1n), { minLength: 1, maxLength: 30 }), (weights) => {
      const { totalWeight, quorum } = createValidatorSet(epoch(0), sampleValidators(weights), ZERO_HASH)
      expect(3n * (2n * quorum - totalWeight)).toBeGreaterThan(totalWeight)
      expect(quorum).toBeLessThanOrEqual(totalWeight)
    }),
    { seed: 1 },
  )
})

it('commits to epoch, order and every field', () => {
  const validators = sampleValidators([1n, 2n])
  const hashes = [
    createValidatorSet(epoch(0), validators, ZERO_HASH),
    createValidatorSet(epoch(1), validators, ZERO_HASH),
    createValidatorSet(epoch(0), validators.toReversed(), ZERO_HASH),
    createValidatorSet(epoch(0), sampleValidators([2n, 1n]), ZERO_HASH),
    createValidatorSet(
      epoch(0),
      validators.map((validator) => ({ ...validator, peerId: 'other' })),
      ZERO_HASH,
    ),
    createValidatorSet(epoch(0), validators, hashOf(1)),
  ].map((set) => set.hash)
  expect(new Set(hashes).size).toBe(6)
})

it('weighs indices', () => {
  expect(weightOf(createValidatorSet(epoch(0), sampleValidators([1n, 2n, 4n]), ZERO_HASH), [0, 2])).toBe(5n)
})

it('refuses broken sets', () => {
  const [first] = sampleValidators([1n])
  if (first === undefined) throw new Error('no validator')
  const broken = [
    [],
    [first, first],
    [{ ...first, weight: 0n }],
    [{ ...first, weight: 1n << 64n }],
    [{ ...first, publicKey: new Uint8Array(47) }],
    [{ ...first, peerId: 'é' }],
    sampleValidators(Array.from({ length: 1025 }, () => 1n)),
  ]
  for (const validators of broken) {
    expect(() => createValidatorSet(epoch(0), validators, ZERO_HASH)).toThrow(
      expect.objectContaining({ code: 'VALIDATOR_SET_INVALID' }),
    )
  }
})
