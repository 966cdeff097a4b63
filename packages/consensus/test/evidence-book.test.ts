/** The evidence that waits, that blocks may include, and that they include already. */
import { bitmapFromIndices, blockFromParts, decodeEvidenceList, encodeEvidenceList, evidenceHash } from '@cairn/chain'
import type { Block, CertificateEvidence, ConsensusHeader, Evidence, VoteEvidence, VoteKind } from '@cairn/chain'
import { ACCEPT, ZERO_HASH, epoch, hashFromBytes, height, ignore, reject, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEvidenceBook } from '../src/evidence/evidence-book.ts'
import { EVIDENCE_PENDING_MAX, OFFENCES_PER_OFFENDER_MAX } from '../src/limits.ts'

const hashOf = (seed: number): Hash => hashFromBytes(new Uint8Array(32).fill(seed))
const NOW = epoch(10)

function votes(validator: number, at: number, ofEpoch = 10, kind: VoteKind = 'notarize'): VoteEvidence {
  const signature = new Uint8Array(96).fill(validator)
  const subject = { kind, epoch: epoch(ofEpoch), view: view(at), validator, signature }
  return { type: 'votes', first: { ...subject, hash: hashOf(1) }, second: { ...subject, hash: hashOf(2) } }
}

function certificates(at: number, one: readonly number[], other: readonly number[]): CertificateEvidence {
  const subject = { epoch: NOW, view: view(at), signature: new Uint8Array(96) }
  const [first, second] = [bitmapFromIndices(one, 8), bitmapFromIndices(other, 8)]
  return {
    type: 'certificates',
    first: { ...subject, kind: 'nullify', hash: ZERO_HASH, signers: first },
    second: { ...subject, kind: 'finalize', hash: hashOf(1), signers: second },
  }
}

function blockOf(items: readonly Evidence[], at = 1, ofEpoch = 10): Block {
  const header: ConsensusHeader = {
    chainId: 1,
    epoch: epoch(ofEpoch),
    view: view(at),
    parentView: view(at - 1),
    height: height(at),
    parentHash: ZERO_HASH,
    timeMs: at,
    proposer: 0,
    executionBlockHash: ZERO_HASH,
    stateRoot: ZERO_HASH,
    accessListHash: ZERO_HASH,
    evidenceRoot: ZERO_HASH,
    randaoReveal: new Uint8Array(96),
    validatorSetHash: ZERO_HASH,
    nextValidatorSetHash: ZERO_HASH,
  }
  return blockFromParts(header, new Uint8Array(), new Uint8Array(), encodeEvidenceList(items))
}

function itemsOf(bytes: Uint8Array): readonly Evidence[] {
  const list = decodeEvidenceList(bytes)
  if (!list.ok) throw new Error(list.code)
  return list.value
}

const createBook = (committed: readonly Evidence[] = []): ReturnType<typeof createEvidenceBook> =>
  createEvidenceBook({ unbondingEpochs: 3, committed })

describe('the pool', () => {
  it('takes an offence once, whatever proves it', () => {
    const book = createBook()
    expect(book.add(votes(1, 5), NOW)).toBe(true)
    expect(book.add(votes(1, 5), NOW)).toBe(false)
    const other = votes(1, 5)
    expect(book.add({ ...other, second: { ...other.second, hash: hashOf(3) } }, NOW)).toBe(false)
    expect(book.screen(votes(1, 5), NOW)).toEqual(ignore('DUPLICATE'))
    expect(book.add(votes(1, 5, 10, 'finalize'), NOW)).toBe(true)
    expect(book.add(votes(1, 6), NOW)).toBe(true)
    expect(book.add(votes(2, 5), NOW)).toBe(true)
  })

  it('takes certificates for the offenders that are news', () => {
    const book = createBook()
    expect(book.add(certificates(5, [0, 1, 2], [1, 2, 3]), NOW)).toBe(true)
    expect(book.add(certificates(5, [0, 1, 2], [1, 2]), NOW)).toBe(false)
    expect(book.add(certificates(5, [1, 2, 3], [1, 3]), NOW)).toBe(true)
  })

  it('forgets with the unbonding time and takes nothing of the future', () => {
    const book = createBook()
    expect(book.screen(votes(1, 5, 6), NOW)).toEqual(ignore('EVIDENCE_EXPIRED'))
    expect(book.screen(votes(1, 5, 7), NOW)).toEqual(ACCEPT)
    expect(book.screen(votes(1, 5, 11), NOW)).toEqual(ignore('EVIDENCE_OF_THE_FUTURE'))
    book.add(votes(1, 5, 7), NOW)
    book.commit(blockOf([], 1, 11))
    expect(book.pending()).toEqual([])
    expect(book.add(votes(1, 5, 7), epoch(11))).toBe(false)
  })

  it('is filled neither by one offender nor by all', () => {
    const book = createBook()
    for (let at = 1; at <= 50; at++) book.add(votes(1, at), NOW)
    expect(book.pending()).toHaveLength(OFFENCES_PER_OFFENDER_MAX)
    expect(book.add(votes(2, 1), NOW)).toBe(true)
    for (let validator = 3; validator < 1024; validator++) {
      for (let at = 1; at <= 5; at++) for (const of of [9, 10]) book.add(votes(validator, at, of), NOW)
    }
    expect(book.pending()).toHaveLength(EVIDENCE_PENDING_MAX)
  })
})

describe('blocks', () => {
  it('include what waits, eight at a time, and not what their ancestors include', () => {
    const book = createBook()
    for (let validator = 0; validator < 10; validator++) book.add(votes(validator, 5), NOW)
    const first = blockOf(itemsOf(book.pick([], NOW)))
    expect(itemsOf(first.evidence)).toHaveLength(8)
    expect(book.check(first, [])).toEqual(ACCEPT)
    const second = blockOf(itemsOf(book.pick([first], NOW)), 2)
    expect(itemsOf(second.evidence)).toHaveLength(2)
    expect(book.check(second, [first])).toEqual(ACCEPT)
    expect(book.pick([first, second], NOW)).toEqual(encodeEvidenceList([]))
  })

  it('of a node that began at a later block include no offence that an older one may have shown, and judge it as others do', () => {
    const [before, at, after, later] = [votes(1, 6), votes(1, 7), votes(1, 8), votes(2, 3, 11)]
    const young = createEvidenceBook({ unbondingEpochs: 3, base: { epoch: NOW, view: view(7) } })
    for (const evidence of [votes(3, 9, 9), before, at, after, later]) young.add(evidence, epoch(11))
    expect(
      itemsOf(young.pick([], epoch(11)))
        .map(evidenceHash)
        .toSorted(),
    ).toEqual([after, later].map(evidenceHash).toSorted())
    // Who has been there all along puts it in, and this one votes for that.
    expect(young.check(blockOf([before], 9), [])).toEqual(ACCEPT)
    expect(young.pending()).toHaveLength(5)
  })

  it('are not voted for when they repeat an ancestor, final or not, or themselves', () => {
    const book = createBook()
    const first = blockOf([votes(1, 5)])
    const again = blockOf([votes(1, 5)], 2)
    expect(book.check(again, [first])).toEqual(ignore('BLOCK_EVIDENCE_REPEATED'))
    expect(book.check(again, [])).toEqual(ACCEPT)
    book.commit(first)
    expect(book.check(again, [])).toEqual(ignore('BLOCK_EVIDENCE_REPEATED'))
    const covered = [certificates(6, [0, 1, 2], [1, 2]), certificates(6, [1, 2, 3], [1, 2])]
    expect(book.check(blockOf(covered), [])).toEqual(ignore('BLOCK_EVIDENCE_REPEATED'))
  })

  it('are invalid with evidence that has expired, is of the future or is no list', () => {
    const book = createBook()
    expect(book.check(blockOf([votes(1, 5, 6)]), [])).toEqual(reject('BLOCK_EVIDENCE_EXPIRED'))
    expect(book.check(blockOf([votes(1, 5, 7)]), [])).toEqual(ACCEPT)
    expect(book.check(blockOf([votes(1, 5, 11)]), [])).toEqual(reject('BLOCK_EVIDENCE_OF_THE_FUTURE'))
    const bad = { ...blockOf([]), evidence: Uint8Array.of(0xc1, 0xc0) }
    expect(book.check(bad, [])).toEqual(reject('BLOCK_BAD_EVIDENCE'))
  })

  it('take what they include out of the pool, for good and over a restart', () => {
    const book = createBook()
    book.add(votes(1, 5), NOW)
    book.add(votes(2, 5), NOW)
    const block = blockOf([votes(1, 5)])
    book.commit(block)
    book.commit(block)
    expect(book.pending()).toEqual([votes(2, 5)])
    expect(book.add(votes(1, 5), NOW)).toBe(false)
    const restarted = createBook([votes(1, 5)])
    expect(restarted.screen(votes(1, 5), NOW)).toEqual(ignore('DUPLICATE'))
    expect(restarted.check(block, [])).toEqual(ignore('BLOCK_EVIDENCE_REPEATED'))
  })

  it('built by one node are good for every other, whatever waits and whatever came before', () => {
    const item = fc.oneof(
      fc.record({ validator: fc.nat(7), at: fc.integer({ min: 1, max: 6 }), of: fc.integer({ min: 6, max: 11 }) }),
      fc.record({
        at: fc.integer({ min: 1, max: 3 }),
        one: fc.uniqueArray(fc.nat(7), { minLength: 5 }),
        other: fc.uniqueArray(fc.nat(7), { minLength: 5 }),
      }),
    )
    const evidenceOf = (each: typeof item extends fc.Arbitrary<infer T> ? T : never): Evidence =>
      'validator' in each ? votes(each.validator, each.at, each.of) : certificates(each.at, each.one, each.other)
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), fc.array(item, { maxLength: 20 }), (mine, theirs) => {
        const [leader, follower] = [createBook(), createBook()]
        for (const each of mine) leader.add(evidenceOf(each), NOW)
        for (const each of theirs) follower.add(evidenceOf(each), NOW)
        const ancestors: Block[] = []
        for (let at = 1; at <= 6; at++) {
          const block = blockOf(itemsOf(leader.pick(ancestors, NOW)), at)
          expect(follower.check(block, ancestors)).toEqual(ACCEPT)
          ancestors.push(block)
          if (at % 3 !== 0) continue
          for (const final of ancestors.splice(0)) for (const book of [leader, follower]) book.commit(final)
        }
      }),
      { numRuns: 100, seed: 1 },
    )
  })
})
