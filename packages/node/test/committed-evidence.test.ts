/** What the stores say about evidence: for the ledger at start, and for JSON-RPC. */
import { createValidatorSet, encodeEvidenceList, evidenceFromVotes } from '@cairn/chain'
import type { ChainSpec, Evidence, ValidatorSet } from '@cairn/chain'
import { createEvidenceBook } from '@cairn/consensus'
import type { EvidenceVerifier } from '@cairn/consensus'
import { ZERO_ADDRESS, ZERO_HASH, epoch, height } from '@cairn/primitives'
import { createMemoryMedium, createMemoryStore, createPendingEvidence } from '@cairn/storage'
import { describe, expect, it } from 'vitest'
import { committedEvidence, listEvidence, restoreEvidence } from '../src/committed-evidence.ts'
import { sampleAt, sampleVote } from './sample-messages.ts'

const spec = { epochLengthBlocks: 10, unbondingEpochs: 2 } as ChainSpec
const itemOf = (validator: number): Evidence => {
  const [a, b] = [3, 4].map((at) => sampleVote('notarize', 3, { hash: sampleAt(at).block.hash, validator }))
  const evidence = a && b && evidenceFromVotes(a, b)
  if (evidence === undefined) throw new Error('the votes conflict')
  return evidence
}
const stored = new Map([5, 21, 22, 41].map((at, index) => [at, [itemOf(index)]]))
const chain = {
  evidenceFrom: async (from: number) => {
    const at = [...stored.keys()].find((each) => each >= from)
    return at === undefined ? undefined : { height: height(at), evidence: stored.get(at) ?? [] }
  },
}
const set = createValidatorSet(
  epoch(0),
  [{ publicKey: new Uint8Array(48).fill(1), weight: 1n, feeRecipient: ZERO_ADDRESS, peerId: '' }],
  ZERO_HASH,
)
const epochs = { validators: async (): Promise<ValidatorSet | undefined> => set }

describe('committedEvidence', () => {
  it('is what blocks within the unbonding time include, up to the head', async () => {
    const at = (of: number, inEpoch: number): ReturnType<typeof committedEvidence> =>
      committedEvidence(chain, { height: height(of), epoch: inEpoch }, spec)
    expect(await at(21, 2)).toEqual([itemOf(0), itemOf(1)])
    expect(await at(40, 4)).toEqual([itemOf(1), itemOf(2)])
    expect(await at(60, 5)).toEqual([itemOf(3)])
    expect(await at(90, 9)).toEqual([])
  })
})

describe('restoreEvidence', () => {
  it('brings back through a crash what waited for a block, unless it is proven no more or a block has it by now', async () => {
    const medium = createMemoryMedium()
    const before = createEvidenceBook({ unbondingEpochs: 2 })
    for (const validator of [0, 1, 2]) before.add(itemOf(validator), epoch(0))
    const kept = createPendingEvidence(createMemoryStore(medium))
    await kept.keep(before.pending())
    medium.crash()
    const book = createEvidenceBook({ unbondingEpochs: 2, committed: [itemOf(2)] })
    const verify: EvidenceVerifier = ({ first }) =>
      'validator' in first && first.validator === 1
        ? { verdict: 'reject', code: 'VOTE_BAD_SIGNATURE' }
        : { verdict: 'accept', offenders: [0] }
    restoreEvidence(await createPendingEvidence(createMemoryStore(medium)).all(), epoch(0), { book, verify })
    expect(book.pending()).toEqual([itemOf(0)])
    expect(book.pick([], epoch(0))).toEqual(encodeEvidenceList([itemOf(0)]))
  })
})

describe('listEvidence', () => {
  it('goes on from a height, a page at a time, with the keys that are known', async () => {
    const first = await listEvidence(chain, epochs, height(0), 2)
    expect(first.map((each) => each.height)).toEqual([5, 21])
    expect(first.map(({ offenders }) => offenders)).toEqual([
      [{ index: 0, publicKey: set.validators[0]?.publicKey }],
      [{ index: 1, publicKey: undefined }],
    ])
    expect((await listEvidence(chain, epochs, height(22), 9)).map((each) => each.height)).toEqual([22, 41])
    expect(await listEvidence(chain, epochs, height(42), 9)).toEqual([])
  })
})
