/** R10 and R0 from outside: restarts, and random inputs. */
import type { VoteSubject } from '@cairn/chain'
import { ZERO_HASH, epoch, view } from '@cairn/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Input } from '../src/input.ts'
import { createHarness, namesOf } from './harness.ts'
import type { Harness } from './harness.ts'

describe('restart', () => {
  it('redelivers own votes to the own tally and the peers (the 2f + 1 deadlock)', () => {
    const nullified: VoteSubject = { kind: 'nullify', epoch: epoch(0), view: view(1), hash: ZERO_HASH }
    const h = createHarness({ start: { ownVotes: [nullified] } })
    expect(h.take().some((effect) => effect.type === 'broadcast-vote' && effect.vote.kind === 'nullify')).toBe(true)
    for (const validator of [1, 2]) {
      h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, validator), from: 'p' })
    }
    expect(h.consensus.view).toBe(2)
  })

  it('does not vote for another block than before, nor finalize what it nullified', () => {
    const plain = createHarness({ self: undefined })
    const self = (plain.consensus.leader(view(1)) + 1) % 4
    const [a, b] = [
      plain.block(1, plain.genesis),
      plain.block(1, plain.genesis, { timeMs: plain.genesis.header.timeMs + 99 }),
    ]
    const ownVotes: readonly VoteSubject[] = [
      { kind: 'notarize', epoch: epoch(0), view: view(1), hash: b.hash },
      { kind: 'nullify', epoch: epoch(0), view: view(1), hash: ZERO_HASH },
    ]
    const h = createHarness({ self, start: { ownVotes } })
    h.feed({ type: 'proposal', proposal: h.proposal(a), from: 'p' })
    h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, a.hash), from: 'p', gossiped: true })
    expect(namesOf(h.signed())).toEqual(['notarize 1', 'nullify 1'])
  })

  it('enters the view of its logged certificates, with the blocks it had made durable', () => {
    const plain = createHarness({ self: undefined })
    const block = plain.block(1, plain.genesis)
    const certificates = [plain.certificate('notarize', 1, block.hash), plain.certificate('nullify', 2, ZERO_HASH)]
    const h = createHarness({ self: undefined, start: { certificates, blocks: [block] } })
    expect(h.consensus.view).toBe(3)
    expect(h.take().some((effect) => effect.type === 'execute')).toBe(true)
    h.feed({ type: 'certificate', certificate: h.certificate('finalize', 1, block.hash), from: 'p', gossiped: true })
    expect(h.consensus.head.hash).toBe(block.hash)
  })

  it('blames nobody for its own damaged certificates', () => {
    const plain = createHarness({ self: undefined })
    const signature = new Uint8Array(96)
    signature.set([0xba, 0xd0])
    const certificates = [{ ...plain.certificate('nullify', 1, ZERO_HASH), signature }]
    const h = createHarness({ self: undefined, start: { certificates } })
    expect(h.consensus.view).toBe(1)
    expect(h.take().some((effect) => effect.type === 'report-peer')).toBe(false)
  })

  it('votes for nothing at or below the WAL’s floor', () => {
    const plain = createHarness({ self: undefined })
    const self = (plain.consensus.leader(view(1)) + 1) % 4
    const h = createHarness({ self, start: { floor: { epoch: epoch(0), view: view(2) } } })
    h.feed({ type: 'proposal', proposal: h.proposal(h.block(1, h.genesis)), from: 'p' })
    h.wait(60_000)
    expect(h.signed()).toEqual([])
    for (const at of [1, 2]) {
      h.feed({ type: 'certificate', certificate: h.certificate('nullify', at, ZERO_HASH), from: 'p', gossiped: true })
    }
    h.wait(60_000)
    expect(h.signed().every((subject) => subject.view === 3)).toBe(true)
    expect(h.signed().length).toBeGreaterThan(0)
  })
})

describe('random inputs', () => {
  const actionArbitrary = fc.record({
    type: fc.constantFrom('proposal', 'vote', 'certificate', 'status', 'wait', 'execute-late'),
    kind: fc.constantFrom('notarize', 'nullify', 'finalize'),
    at: fc.integer({ min: 1, max: 5 }),
    variant: fc.integer({ min: 0, max: 1 }),
    validator: fc.integer({ min: 1, max: 3 }),
    delayMs: fc.integer({ min: 0, max: 900 }),
  } as const)
  type Action = typeof actionArbitrary extends fc.Arbitrary<infer Value> ? Value : never

  it('never make the rules ask for a slashable pair, nor differ between two runs', () => {
    const property = fc.property(fc.array(actionArbitrary, { maxLength: 60 }), (actions) => {
      const [first, second] = [run(actions), run(actions)]
      expect(first).toEqual(second)
      expectNotSlashable(first)
    })
    fc.assert(property, { seed: 11, numRuns: 150 })
  })

  it('never make a restarted instance differ from what it had signed', () => {
    const lists = fc.tuple(fc.array(actionArbitrary, { maxLength: 40 }), fc.array(actionArbitrary, { maxLength: 40 }))
    const property = fc.property(lists, ([before, after]) => {
      const ownVotes = run(before)
      expectNotSlashable([...ownVotes, ...run(after, { ownVotes })])
    })
    fc.assert(property, { seed: 13, numRuns: 150 })
  })

  function run(
    actions: readonly Action[],
    start: Partial<Extract<Input, { type: 'start' }>> = {},
  ): readonly VoteSubject[] {
    const h = createHarness({ self: 0, start })
    for (const action of actions) {
      if (action.type === 'wait') h.wait(action.delayMs)
      else if (!h.consensus.isHalted) h.feed(inputOf(h, action))
    }
    return h.signed()
  }

  function inputOf(h: Harness, { type, kind, at, variant, validator }: Action): Input {
    const first = h.block(1, h.genesis, { timeMs: h.genesis.header.timeMs + 10 + variant })
    const block = at === 1 ? first : h.block(at, first, { timeMs: first.header.timeMs + 10 + variant })
    const hash = kind === 'nullify' ? ZERO_HASH : block.hash
    const from = `p${validator}`
    if (type === 'proposal') return { type, proposal: h.proposal(block), from }
    if (type === 'certificate') return { type, certificate: h.certificate(kind, at, hash), from, gossiped: true }
    if (type === 'status') {
      const votes = [h.vote(kind, at, hash, validator)]
      const entryProof = { base: undefined, nullifications: [h.certificate('nullify', 1, ZERO_HASH)] }
      return { type, status: { epoch: epoch(0), finalization: undefined, entryProof, votes }, from }
    }
    if (type === 'execute-late') return { type: 'block-fetched', block, from }
    return { type: 'vote', vote: h.vote(kind, at, hash, validator), from }
  }

  function expectNotSlashable(subjects: readonly VoteSubject[]): void {
    const hashes = new Map<string, string>()
    for (const { kind, view: at, hash } of subjects) {
      expect(hashes.get(`${kind} ${at}`) ?? hash).toBe(hash)
      hashes.set(`${kind} ${at}`, hash)
      expect(hashes.has(`nullify ${at}`) && hashes.has(`finalize ${at}`)).toBe(false)
    }
  }
})
