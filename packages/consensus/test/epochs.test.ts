/** Epochs: change of set, schedule and view numbers at the last block; messages of other epochs. */
import { createLeaderSchedule, encodeProposal } from '@cairn/chain'
import type { Block, Certificate, GenesisValidator } from '@cairn/chain'
import { ZERO_ADDRESS, ZERO_HASH, epoch, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import type { Effect } from '../src/effect.ts'
import { EARLY_MESSAGES_MAX } from '../src/limits.ts'
import { createHarness } from './harness.ts'
import type { Harness, HarnessOptions } from './harness.ts'

const member = (seed: number, weight = 1n): GenesisValidator => ({
  publicKey: new Uint8Array(48).fill(seed + 1),
  weight,
  feeRecipient: ZERO_ADDRESS,
  peerId: '',
  proofOfPossession: new Uint8Array(96),
})

/** Epochs of two blocks; the set changes to `members` with epoch 1. */
function shortEpochs(members?: readonly GenesisValidator[], options: HarnessOptions = {}): Harness {
  const changes = members === undefined ? {} : { validatorChanges: [{ epoch: epoch(1), validators: members }] }
  return createHarness({ ...options, spec: { epochLengthBlocks: 2, ...changes } })
}

/** Two blocks and the finalization of the second one. */
function runEpoch(h: Harness, parent: Pick<Block, 'hash' | 'header'> = h.genesis): { last: Block; end: Certificate } {
  const first = h.block(1, parent, { parentView: view(0) })
  const last = h.block(2, first)
  const end = h.certificate('finalize', 2, last.hash)
  for (const block of [first, last]) {
    const certificate = h.certificate('notarize', block.header.view, block.hash)
    h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    h.feed({ type: 'block-fetched', block, from: 'p' })
  }
  h.feed({ type: 'certificate', certificate: end, from: 'p', gossiped: true })
  return { last, end }
}

const OTHER_HASH = `0x${'77'.repeat(32)}` as Hash

const typesOf = (effects: readonly Effect[], type: Effect['type']): readonly Effect[] =>
  effects.filter((effect) => effect.type === type)

describe('the end of an epoch', () => {
  it('begins the next one at view 1, on the last block, with its own schedule', () => {
    const h = shortEpochs(undefined, { self: undefined })
    const before = h.consensus.validators
    const { last } = runEpoch(h)
    expect(h.consensus.validators.epoch).toBe(1)
    expect([h.consensus.view, h.consensus.finalizedView, h.consensus.head.hash]).toEqual([1, 0, last.hash])
    expect(h.consensus.validators.leaderSeed).not.toBe(before.leaderSeed)
    const leaders = Array.from({ length: 32 }, (_, at) => h.consensus.leader(view(at + 1)))
    expect(leaders).toEqual(leaders.map((_, at) => createLeaderSchedule(h.consensus.validators)(view(at + 1))))
    expect(leaders).not.toEqual(leaders.map((_, at) => createLeaderSchedule(before)(view(at + 1))))
    const types = h.take().map(({ type }) => type)
    expect(types).toContain('commit')
    expect(types.at(-1)).toBe('set-timer')
  })

  it('lets the first leader build at once on the last block', () => {
    const leader = ((): number => {
      const h = shortEpochs(undefined, { self: undefined })
      runEpoch(h)
      return h.consensus.leader(view(1))
    })()
    const h = shortEpochs(undefined, { self: leader })
    const { last } = runEpoch(h)
    const built = h.take().find((effect) => effect.type === 'broadcast-proposal' && effect.proposal.epoch === 1)
    expect(built).toMatchObject({
      proposal: { view: 1, parentView: 0, parentHash: last.hash, block: { header: { height: 3, parentView: 0 } } },
    })
    if (built?.type === 'broadcast-proposal') expect(encodeProposal(built.proposal).length).toBeGreaterThan(0)
  })

  it('ends the vote of a validator that leaves, which goes on following', () => {
    const h = shortEpochs(
      [1, 2, 3].map((seed) => member(seed)),
      { self: 0 },
    )
    const { last } = runEpoch(h)
    expect([h.consensus.self, h.consensus.validators.validators.length]).toEqual([undefined, 3])
    const signed = h.signed().length
    h.wait(60_000)
    expect(h.signed()).toHaveLength(signed)
    const block = h.block(1, last, { parentView: view(0) })
    h.feed({
      type: 'certificate',
      certificate: h.certificate('finalize', 1, block.hash, [0, 1, 2]),
      from: 'p',
      gossiped: true,
    })
    h.feed({ type: 'block-fetched', block, from: 'p' })
    expect(h.consensus.head.header.height).toBe(3)
  })

  it('gives a validator that joins its vote, not a view earlier', () => {
    const members = [0, 1, 2, 3, 4].map((seed) => member(seed))
    const publicKey = member(4).publicKey
    const h = shortEpochs(members, { self: undefined, consensus: { publicKey } })
    h.wait(60_000)
    expect([h.consensus.self, h.signed()]).toEqual([undefined, []])
    runEpoch(h)
    expect(h.consensus.self).toBe(4)
    h.wait(60_000)
    expect(h.signed().map((subject) => subject.epoch)).toEqual(h.signed().map(() => 1))
    expect(h.signed().length).toBeGreaterThan(0)
  })

  it('counts the new weights, and nothing of the old epoch', () => {
    const h = shortEpochs([member(0), member(1), member(2), member(3, 2n)], { self: undefined })
    h.feed({ type: 'vote', vote: h.vote('nullify', 5, ZERO_HASH, 0), from: 'p' })
    runEpoch(h)
    expect(h.consensus.validators.quorum).toBe(4n)
    for (const validator of [0, 1, 2])
      h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, validator), from: 'p' })
    expect(h.consensus.view).toBe(1)
    h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, 3), from: 'p' })
    expect(h.consensus.view).toBe(2)
  })

  it('is passed over by sync, also several at once', () => {
    const other = shortEpochs(undefined, { self: undefined })
    let { last, end } = runEpoch(other)
    for (let at = 0; at < 3; at++) ({ last, end } = runEpoch(other, last))
    const { epochState } = other.consensus.head
    const h = shortEpochs()
    h.take()
    h.feed({ type: 'synced', head: { header: last.header, hash: last.hash, finalization: end, epochState } })
    expect([h.consensus.validators.epoch, h.consensus.view, h.consensus.head.hash]).toEqual([4, 1, last.hash])
    expect(h.consensus.status().epoch).toBe(4)
  })

  it('does not lose answers that were on their way: they belong to nobody any more', () => {
    const h = shortEpochs(undefined, { self: undefined, manual: ['verify'] })
    h.feed({ type: 'certificate', certificate: h.certificate('nullify', 1, ZERO_HASH), from: 'p', gossiped: true })
    const [asked] = typesOf(h.take(), 'verify')
    if (asked?.type !== 'verify') throw new Error('nothing verified')
    const other = shortEpochs(undefined, { self: undefined })
    const { last, end } = runEpoch(other)
    const { epochState } = other.consensus.head
    h.feed({ type: 'synced', head: { header: last.header, hash: last.hash, finalization: end, epochState } })
    h.feed({ type: 'verified', id: asked.id, result: { kind: 'certificate', isValid: true } })
    expect([h.consensus.validators.epoch, h.consensus.view]).toEqual([1, 1])
    expect(asked.validators.epoch).toBe(0)
  })
})

describe('a restart whose log is ahead of its chain store', () => {
  const log = (hash: Hash) => [
    { kind: 'nullify' as const, epoch: epoch(1), view: view(1), hash: ZERO_HASH },
    { kind: 'notarize' as const, epoch: epoch(1), view: view(1), hash },
  ]

  it('keeps the votes of the next epoch until it gets there', () => {
    const h = shortEpochs(undefined, { self: 0, start: { ownVotes: log(OTHER_HASH) } })
    expect(h.signed()).toEqual([])
    const { last } = runEpoch(h)
    const inNext = h.signed().filter((subject) => subject.epoch === 1)
    expect(inNext).toEqual(log(OTHER_HASH))
    const block = h.block(1, last, { parentView: view(0) })
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.wait(60_000)
    expect(h.signed().filter((subject) => subject.epoch === 1)).toEqual(inNext)
  })

  it('signs nothing in an epoch below the floor’s', () => {
    const h = shortEpochs(undefined, { self: 0, start: { floor: { epoch: epoch(1), view: view(3) } } })
    h.wait(60_000)
    const { last } = runEpoch(h)
    expect(last.header.height).toBe(2)
    h.wait(60_000)
    expect(h.signed()).toEqual([])
  })
})

describe('messages of another epoch', () => {
  it('of an older one are answered with its end, once a second at most', () => {
    const h = shortEpochs(undefined, { self: undefined })
    const late = [h.vote('notarize', 1, h.genesis.hash, 1), h.vote('finalize', 2, h.genesis.hash, 2)]
    const { end } = runEpoch(h)
    h.take()
    const answers = (): readonly Effect[] => typesOf(h.take(), 'broadcast-certificate')
    for (const vote of late) h.feed({ type: 'vote', vote, from: 'laggard' })
    // The end has just been sent to everybody: who is a moment behind has it already.
    expect(answers()).toEqual([])
    h.wait(1_000)
    for (let at = 0; at < 50; at++) for (const vote of late) h.feed({ type: 'vote', vote, from: 'laggard' })
    expect(answers()).toEqual([{ type: 'broadcast-certificate', certificate: end, gossiped: false }])
    h.wait(1_000)
    h.feed({
      type: 'status',
      status: {
        epoch: epoch(0),
        finalization: undefined,
        entryProof: { base: undefined, nullifications: [] },
        votes: [],
      },
      from: 'laggard',
    })
    expect(answers()).toHaveLength(1)
    expect(h.consensus.certificatesFrom(epoch(0), view(1))).toEqual([end])
  })

  it('of a later one make it ask how its own ended, once a second at most', () => {
    const h = shortEpochs()
    const vote = { ...h.vote('nullify', 1, ZERO_HASH, 1), epoch: epoch(9) }
    expect(h.consensus.screen({ type: 'vote', vote, from: 'ahead' })).toEqual({
      verdict: 'ignore',
      code: 'EPOCH_AHEAD',
    })
    h.wait(1_000)
    h.take()
    for (let at = 0; at < 50; at++) h.feed({ type: 'vote', vote, from: 'ahead' })
    const asked = { type: 'fetch-certificates', epoch: epoch(0), hint: 'ahead' }
    expect(typesOf(h.take(), 'fetch-certificates')).toEqual([expect.objectContaining(asked)])
    h.feed({ type: 'vote', vote, from: 'ahead' })
    expect(typesOf(h.take(), 'fetch-certificates')).toEqual([])
  })

  it('of one far ahead make it ask once more in each epoch it enters, or it would never catch up with short ones', () => {
    const h = shortEpochs(undefined, { self: undefined })
    const asked = (): readonly Effect[] => typesOf(h.take(), 'fetch-certificates')
    const hearOf = (ahead: number): void => {
      const vote = { ...h.vote('nullify', 1, ZERO_HASH, 1), epoch: epoch(ahead) }
      for (let at = 0; at < 9; at++) h.feed({ type: 'vote', vote, from: 'ahead' })
    }
    h.take()
    hearOf(1)
    expect(asked()).toEqual([])
    hearOf(9)
    expect(asked()).toHaveLength(1)
    runEpoch(h)
    h.take()
    hearOf(9)
    expect(asked()).toEqual([expect.objectContaining({ epoch: epoch(1), hint: 'ahead' })])
  })

  it('of the next one count when it begins, or each epoch would begin with a standstill', () => {
    const h = shortEpochs(undefined, { self: undefined })
    for (const validator of [0, 1, 2]) {
      const vote = { ...h.vote('nullify', 1, ZERO_HASH, validator), epoch: epoch(1) }
      h.feed({ type: 'vote', vote, from: `p${validator}` })
    }
    expect(h.consensus.view).toBe(1)
    runEpoch(h)
    expect([h.consensus.validators.epoch, h.consensus.view]).toEqual([1, 2])
  })

  it('are kept in bounds, and no peer takes the room of all', () => {
    const h = shortEpochs(undefined, { self: undefined, manual: ['verify'] })
    const flood = (from: string, count: number): void => {
      for (let at = 1; at <= count; at++) {
        const vote = {
          ...h.vote('nullify', 1 + (at % 30), ZERO_HASH, at % 4, new Uint8Array(96).fill(at & 255)),
          epoch: epoch(1),
        }
        h.feed({ type: 'vote', vote, from })
      }
    }
    flood('flooder', EARLY_MESSAGES_MAX)
    for (const validator of [0, 1, 2]) {
      h.feed({
        type: 'vote',
        vote: { ...h.vote('finalize', 1, h.genesis.hash, validator), epoch: epoch(1) },
        from: 'honest',
      })
    }
    h.take()
    const other = shortEpochs(undefined, { self: undefined })
    const { last, end } = runEpoch(other)
    const { epochState } = other.consensus.head
    h.feed({ type: 'synced', head: { header: last.header, hash: last.hash, finalization: end, epochState } })
    const verified = typesOf(h.take(), 'verify')
    // The honest quorum is verified as one aggregate.
    expect(
      verified.some(
        (effect) =>
          effect.type === 'verify' &&
          effect.request.kind === 'aggregate' &&
          effect.request.votes[0]?.kind === 'finalize',
      ),
    ).toBe(true)
    expect(verified.length).toBeLessThanOrEqual(EARLY_MESSAGES_MAX / 4 + 3)
  })
})
