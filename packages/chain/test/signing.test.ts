import { expect, it } from 'vitest'
import { epoch, hexFromBytes, view } from '@cairn/primitives'
import { announcementSigningBytes, leavingSigningBytes, randaoSigningBytes, voteSigningBytes } from '../src/index.ts'
import { hashOf, sampleVote } from './fixtures.ts'

it('lays a vote out as "cairn/1", kind, genesis, epoch, view, hash', () => {
  const vote = sampleVote('notarize', { epoch: epoch(1), view: view(2), hash: hashOf(3) })
  const expected = ['636169726e2f31', '01', '04'.repeat(32), '0000000000000001', '0000000000000002', '03'.repeat(32)]
  expect(hexFromBytes(voteSigningBytes(hashOf(4), vote))).toBe(`0x${expected.join('')}`)
})

it('has a kind byte for each kind, RANDAO, leaving and announcement included, and fixed lengths', () => {
  const votes = (['notarize', 'nullify', 'finalize'] as const).map((kind) =>
    voteSigningBytes(hashOf(4), sampleVote(kind)),
  )
  const randao = randaoSigningBytes(hashOf(4), epoch(2), view(9))
  const leaving = leavingSigningBytes(hashOf(4), epoch(2), view(9))
  const announcement = announcementSigningBytes(hashOf(4), { epoch: epoch(2), view: view(9) }, 'peer')
  expect([...votes, randao, leaving, announcement].map((bytes) => bytes[7])).toEqual([1, 2, 3, 4, 5, 6])
  expect([...votes, randao, leaving, announcement].map((bytes) => bytes.length)).toEqual([88, 88, 88, 56, 56, 88])
})
