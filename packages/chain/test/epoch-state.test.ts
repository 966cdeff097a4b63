import { describe, expect, it } from 'vitest'
import { ZERO_HASH, epoch, height, hexFromBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'
import {
  createValidatorSet,
  encodeEvidenceList,
  evidenceFromVotes,
  epochStateAfter,
  genesisEpochState,
  isSmallChange,
  nextValidatorSet,
} from '../src/index.ts'
import type { EpochContent, EpochState, Validator } from '../src/index.ts'
import { NO_EVIDENCE } from '../src/evidence-codec.ts'
import { hashOf, sampleValidators, sampleVote } from './fixtures.ts'
import { sampleSpec } from './sample-spec.ts'

const keyOf = (validator: Validator | undefined): Hex => hexFromBytes(validator?.publicKey ?? new Uint8Array())
const keysOf = (validators: readonly Validator[]): readonly Hex[] => validators.map(keyOf)
const seven = sampleValidators(Array.from({ length: 7 }, () => 1n))
const set = createValidatorSet(epoch(4), seven, hashOf(1))
const next = (offenders: readonly Hex[], scheduled?: readonly Validator[]): readonly Validator[] =>
  nextValidatorSet(set, { offenders, scheduled, leaderSeed: hashOf(2) }).validators

describe('the next validator set', () => {
  it('is the same one, of the next epoch and with its own seed, when nothing happened', () => {
    const same = nextValidatorSet(set, { offenders: [], scheduled: undefined, leaderSeed: hashOf(2) })
    expect([same.epoch, same.leaderSeed, same.validators]).toEqual([5, hashOf(2), seven])
  })

  it('drops offenders in the order of their evidence, as long as less than a third of the weight goes', () => {
    expect(keysOf(next([keyOf(seven[5]), keyOf(seven[1])]))).toEqual(
      keysOf([0, 2, 3, 4, 6].map((index) => seven[index] as Validator)),
    )
    const three = [keyOf(seven[6]), keyOf(seven[0]), keyOf(seven[1])]
    expect(keysOf(next(three))).toEqual(keysOf(seven.slice(1, 6)))
    const heavy = createValidatorSet(epoch(4), sampleValidators([5n, 1n, 1n, 1n, 1n]), hashOf(1))
    const kept = nextValidatorSet(heavy, {
      offenders: keysOf([heavy.validators[0] as Validator, heavy.validators[3] as Validator]),
      scheduled: undefined,
      leaderSeed: hashOf(2),
    })
    // Too heavy to go at once; the lighter one after it goes all the same.
    expect(kept.validators.map(({ weight }) => weight)).toEqual([5n, 1n, 1n, 1n])
  })

  it('takes the scheduled set, without those dropped, and without the proofs that the spec carries', () => {
    const eight = sampleValidators(Array.from({ length: 8 }, () => 1n))
    const scheduled = eight.map((validator) => ({ ...validator, proofOfPossession: new Uint8Array(96) }))
    expect(next([], scheduled)).toEqual(eight)
    expect(keysOf(next([keyOf(seven[2])], scheduled))).toEqual(keysOf(eight.filter((_, index) => index !== 2)))
  })

  it('lets no offender that has left come back by schedule in the same epoch', () => {
    const eight = sampleValidators(Array.from({ length: 8 }, () => 1n))
    expect(keysOf(next([keyOf(eight[7])], eight))).toEqual(keysOf(seven))
  })

  it('passes a schedule over that would exchange a quorum at once', () => {
    const stranger = sampleValidators(Array.from({ length: 20 }, () => 1n)).slice(10)
    expect(next([], stranger)).toEqual(seven)
  })

  it('knows no offender that is not in the set', () => {
    expect(next([keyOf(sampleValidators(Array.from({ length: 9 }, () => 1n))[8])])).toEqual(seven)
  })
})

describe('a small change', () => {
  const of = (...weights: bigint[]): readonly Validator[] => sampleValidators(weights)
  it('takes and gives less than a third of the weight', () => {
    expect(isSmallChange(of(1n, 1n, 1n, 1n), of(1n, 1n, 1n))).toBe(true)
    expect(isSmallChange(of(1n, 1n, 1n), of(1n, 1n))).toBe(false)
    expect(isSmallChange(of(1n, 1n, 1n), of(1n, 1n, 1n, 1n))).toBe(true)
    expect(isSmallChange(of(1n, 1n), of(1n, 1n, 1n))).toBe(false)
    expect(isSmallChange(of(10n, 10n), of(10n, 3n))).toBe(false)
    expect(isSmallChange(of(10n, 10n), of(10n, 4n))).toBe(true)
    expect(isSmallChange(of(4n, 4n), of(4n, 8n))).toBe(false)
    expect(isSmallChange(of(4n, 4n), of(4n, 7n))).toBe(true)
  })
})

describe('the epoch state', () => {
  const spec = { ...sampleSpec, epochLengthBlocks: 3 }
  const content = (at: number, reveal = at): EpochContent => ({
    header: { height: height(at), randaoReveal: new Uint8Array(96).fill(reveal) },
    evidence: NO_EVIDENCE,
  })
  const after = (contents: readonly EpochContent[], from = genesisEpochState(spec)): EpochState =>
    contents.reduce((state, each) => epochStateAfter(state, each, spec), from)

  it('begins with a seed that the spec alone gives', () => {
    const { validators, randaoMix, offenders } = genesisEpochState(spec)
    expect([validators.epoch, randaoMix, offenders]).toEqual([0, validators.leaderSeed, []])
    expect(validators.leaderSeed).not.toBe(ZERO_HASH)
  })

  it('seeds the next schedule with every reveal of the epoch, in order', () => {
    const seeds = [
      after([content(1), content(2), content(3)]),
      after([content(1), content(2), content(3, 4)]),
      after([content(1, 2), content(2, 1), content(3)]),
      after([content(1, 9), content(2), content(3)]),
    ].map(({ validators }) => validators.leaderSeed)
    expect(new Set(seeds).size).toBe(4)
    const second = after([content(4), content(5), content(6)], after([content(1), content(2), content(3)]))
    expect([second.validators.epoch, second.offenders]).toEqual([2, []])
    expect(seeds).not.toContain(second.validators.leaderSeed)
  })

  it('keeps the set until the last block, then drops whom the epoch has convicted', () => {
    const five = { ...spec, validators: withProofs(sampleValidators([1n, 1n, 1n, 1n, 1n])) }
    const items = [epoch(0), epoch(7)].map((of) =>
      evidenceFromVotes(
        sampleVote('nullify', { epoch: of, validator: 3 }),
        sampleVote('finalize', { epoch: of, validator: 3 }),
      ),
    )
    const evidence = encodeEvidenceList(items.filter((item) => item !== undefined))
    const convicted = { ...content(2), evidence }
    const before = [content(1), convicted].reduce(
      (state, each) => epochStateAfter(state, each, five),
      genesisEpochState(five),
    )
    expect([before.validators.validators.length, before.offenders]).toEqual([5, [keyOf(five.validators[3])]])
    const end = epochStateAfter(before, content(3), five)
    expect(keysOf(end.validators.validators)).toEqual(
      keysOf([0, 1, 2, 4].map((at) => five.validators[at] as Validator)),
    )
    expect([end.offenders, end.previous]).toEqual([[], before.validators])
    // Shown a block later it still counts, by the set of its own epoch.
    expect(epochStateAfter(end, { ...content(4), evidence }, five).offenders).toEqual([keyOf(five.validators[3])])
  })

  it('follows the schedule of the spec at its epoch, not before', () => {
    const six = sampleValidators(Array.from({ length: 6 }, () => 1n))
    const scheduled = {
      ...spec,
      epochLengthBlocks: 1,
      validators: withProofs(six.slice(0, 5)),
      validatorChanges: [{ epoch: epoch(2), validators: withProofs(six) }],
    }
    const sizes = [1, 2, 3].map(
      (length) =>
        Array.from({ length }, (_, index) => content(index + 1)).reduce(
          (state, each) => epochStateAfter(state, each, scheduled),
          genesisEpochState(scheduled),
        ).validators.validators.length,
    )
    expect(sizes).toEqual([5, 6, 6])
  })
})

function withProofs(validators: readonly Validator[]) {
  return validators.map((validator) => ({ ...validator, proofOfPossession: new Uint8Array(96) }))
}
