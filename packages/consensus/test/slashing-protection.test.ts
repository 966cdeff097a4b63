/** The interchange file: both forms, merging, and files that are damaged, foreign or hostile. */
import type { VoteKind, VoteSubject } from '@cairn/chain'
import { ZERO_HASH, epoch, hashFromBytes, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeProtection, parseProtection, serializeProtection } from '../src/slashing-protection.ts'
import type { ProtectedKey } from '../src/slashing-protection.ts'
import { createVoteGuard, isLater } from '../src/vote-guard.ts'
import type { SignerRecord, WalFloor } from '../src/vote-guard.ts'

const hashOf = (seed: number): Hash => hashFromBytes(new Uint8Array(32).fill(seed))
const KEY: ProtectedKey = { genesisHash: hashOf(7), publicKey: `0x${'ab'.repeat(48)}` }

const placeArbitrary: fc.Arbitrary<WalFloor> = fc.record({
  epoch: fc.integer({ min: 0, max: 1 }).map(epoch),
  view: fc.integer({ min: 1, max: 4 }).map(view),
})
const subjectArbitrary: fc.Arbitrary<VoteSubject> = fc
  .tuple(placeArbitrary, fc.constantFrom<VoteKind>('notarize', 'nullify', 'finalize'), fc.integer({ min: 1, max: 2 }))
  .map(([place, kind, seed]) => ({ kind, ...place, hash: kind === 'nullify' ? ZERO_HASH : hashOf(seed) }))
const recordArbitrary: fc.Arbitrary<SignerRecord> = fc
  .tuple(fc.option(placeArbitrary, { nil: undefined }), fc.array(subjectArbitrary, { maxLength: 12 }))
  .map(([floor, votes]) => mergeProtection({ floor, ownVotes: votes }, { floor: undefined, ownVotes: [] }))

/** What a signer with this record answers. */
function refuses({ floor, ownVotes }: SignerRecord, subject: VoteSubject): boolean {
  const guard = createVoteGuard()
  for (const vote of ownVotes) guard.record(vote)
  return (floor !== undefined && !isLater(subject, floor)) || guard.conflictOf(subject) !== undefined
}

describe('slashing protection', () => {
  it('comes back from its file: the complete form exactly, the minimal form as a floor', () => {
    fc.assert(
      fc.property(recordArbitrary, (record) => {
        const complete = parseProtection(serializeProtection(KEY, record, 'complete'), KEY)
        expect(complete.floor).toEqual(record.floor)
        expect(new Set(complete.ownVotes)).toEqual(new Set(record.ownVotes))
        const minimal = parseProtection(serializeProtection(KEY, record, 'minimal'), KEY)
        expect(minimal.ownVotes).toEqual([])
        for (const vote of record.ownVotes) expect(refuses(minimal, vote)).toBe(true)
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  it('merged refuses whatever one of the two refuses, in either order, and again', () => {
    fc.assert(
      fc.property(recordArbitrary, recordArbitrary, subjectArbitrary, (a, b, subject) => {
        const merged = mergeProtection(a, b)
        if (refuses(a, subject) || refuses(b, subject)) {
          expect(refuses(merged, subject)).toBe(true)
          expect(refuses(mergeProtection(b, a), subject)).toBe(true)
        }
        expect(mergeProtection(merged, b)).toEqual(merged)
      }),
      { seed: 2, numRuns: 500 },
    )
  })

  it('puts the floor above what two records contradict each other in', () => {
    const at = (seed: number): SignerRecord => ({
      floor: undefined,
      ownVotes: [{ kind: 'notarize', epoch: epoch(1), view: view(3), hash: hashOf(seed) }],
    })
    expect(mergeProtection(at(1), at(2))).toEqual({ floor: { epoch: 1, view: 3 }, ownVotes: [] })
  })

  it('takes its key out of a file of several, and joins entries of one key', () => {
    const one = JSON.parse(serializeProtection(KEY, recordOf(1), 'complete'))
    const other = JSON.parse(
      serializeProtection({ ...KEY, publicKey: `0x${'cd'.repeat(48)}` }, recordOf(9), 'complete'),
    )
    const again = JSON.parse(serializeProtection(KEY, recordOf(2), 'complete'))
    const text = JSON.stringify({ ...one, data: [...one.data, ...other.data, ...again.data] })
    expect(parseProtection(text, KEY).ownVotes.map((vote) => vote.view)).toEqual([1, 2])
  })
})

describe('files that are not taken', () => {
  const good = JSON.parse(serializeProtection(KEY, recordOf(5), 'complete'))
  const [entry] = good.data
  const withEntry = (changes: object): unknown => ({ ...good, data: [{ ...entry, ...changes }] })
  const withVote = (changes: object): unknown => withEntry({ signed_votes: [{ ...entry.signed_votes[0], ...changes }] })

  it.each<[string, unknown, string]>([
    [
      'another version',
      { ...good, metadata: { ...good.metadata, interchange_format_version: '5' } },
      'PROTECTION_VERSION',
    ],
    ['an Ethereum file', { ...good, metadata: { interchange_format_version: '5' } }, 'PROTECTION_VERSION'],
    ['another chain', { ...good, metadata: { ...good.metadata, genesis_hash: hashOf(8) } }, 'PROTECTION_WRONG_CHAIN'],
    ['another key', withEntry({ pubkey: `0x${'cd'.repeat(48)}` }), 'PROTECTION_KEY_MISSING'],
    ['no keys', { ...good, data: [] }, 'PROTECTION_KEY_MISSING'],
    ['no metadata', { data: good.data }, 'metadata'],
    ['a list', [], 'file'],
    ['null', null, 'file'],
    ['no data', { metadata: good.metadata }, 'data'],
    ['too many keys', { ...good, data: Array.from({ length: 1025 }, () => entry) }, 'data'],
    ['a short key', withEntry({ pubkey: '0xab' }), 'data[0].pubkey'],
    ['no votes', withEntry({ signed_votes: undefined }), 'data[0].signed_votes'],
    ['a floor that is none', withEntry({ floor: 7 }), 'data[0].floor'],
    ['a negative floor', withEntry({ floor: { epoch: '0', view: '-1' } }), 'data[0].floor.view'],
    ['a number for text', withVote({ view: 5 }), 'data[0].signed_votes[0].view'],
    ['a huge view', withVote({ view: '9999999999999999' }), 'data[0].signed_votes[0].view'],
    ['an unknown kind', withVote({ kind: 'attest' }), 'data[0].signed_votes[0].kind'],
    ['a prototype’s kind', withVote({ kind: 'constructor' }), 'data[0].signed_votes[0].kind'],
    ['no hash', withVote({ hash: undefined }), 'data[0].signed_votes[0].hash'],
    ['a zero hash', withVote({ hash: ZERO_HASH }), 'data[0].signed_votes[0].hash'],
    ['a nullify vote with a hash', withVote({ kind: 'nullify' }), 'data[0].signed_votes[0].hash'],
  ])('%s', (_name, file, expected) => {
    const isCode = expected.startsWith('PROTECTION_')
    const error = isCode ? { code: expected } : { code: 'PROTECTION_MALFORMED', data: { path: expected } }
    expect(() => parseProtection(JSON.stringify(file), KEY)).toThrow(expect.objectContaining(error))
  })

  it('that are no JSON or too large, each with one line', () => {
    const texts = ['', '{', '\u0000', '{"metadata":\n\n}', '['.repeat(200_000), 'x'.repeat(32 * 1024 * 1024 + 1)]
    for (const text of texts) {
      const error = codedErrorOf(() => parseProtection(text, KEY))
      expect(error.code).toMatch(/^PROTECTION_(MALFORMED|TOO_LARGE)$/)
      expect(error.message).not.toContain('\n')
    }
  })

  it('whatever JSON they are: always a code, never another error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.json().map((json) => JSON.stringify({ ...good, data: JSON.parse(json) })),
        ),
        (text) => {
          expect(codedErrorOf(() => parseProtection(text, KEY)).code).toMatch(/^PROTECTION_/)
        },
      ),
      { seed: 3, numRuns: 300 },
    )
  })
})

function recordOf(at: number): SignerRecord {
  return { floor: undefined, ownVotes: [{ kind: 'finalize', epoch: epoch(0), view: view(at), hash: hashOf(1) }] }
}

function codedErrorOf(work: () => unknown): { readonly code: string; readonly message: string } {
  try {
    work()
  } catch (error) {
    return error as { readonly code: string; readonly message: string }
  }
  throw new Error('taken')
}
