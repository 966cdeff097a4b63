/** R1, R2, R5, R9: entering views, proposing, giving up, standing still. */
import { encodeStatus } from '@cairn/chain'
import { ZERO_HASH, epoch, view } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { createHarness, namesOf } from './harness.ts'

describe('R1: entering a view', () => {
  it('starts in view 1', () => {
    expect(createHarness().consensus.view).toBe(1)
  })

  it('needs a nullification of every skipped view, in any order of arrival', () => {
    const h = createHarness({ self: undefined })
    h.feed({ type: 'certificate', certificate: h.certificate('nullify', 3, ZERO_HASH), from: 'p', gossiped: true })
    h.feed({ type: 'certificate', certificate: h.certificate('nullify', 2, ZERO_HASH), from: 'p', gossiped: true })
    expect(h.consensus.view).toBe(1)
    h.feed({ type: 'certificate', certificate: h.certificate('nullify', 1, ZERO_HASH), from: 'p', gossiped: true })
    expect(h.consensus.view).toBe(4)
  })

  it('jumps over any number of views by one notarization or finalization', () => {
    const h = createHarness({ self: undefined })
    const hash = h.block(9, h.genesis).hash
    h.feed({ type: 'certificate', certificate: h.certificate('notarize', 9, hash), from: 'p', gossiped: true })
    expect(h.consensus.view).toBe(10)
    h.feed({ type: 'certificate', certificate: h.certificate('finalize', 500, hash), from: 'p', gossiped: true })
    expect([h.consensus.view, h.consensus.finalizedView]).toEqual([501, 500])
  })

  it('stores, logs and sends each certificate once', () => {
    const h = createHarness({ self: undefined })
    const certificate = h.certificate('nullify', 1, ZERO_HASH)
    h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    h.feed({ type: 'certificate', certificate, from: 'q', gossiped: true })
    const types = h.take().map((effect) => effect.type)
    expect(types.filter((type) => type === 'log-certificate')).toHaveLength(1)
    expect(types.filter((type) => type === 'broadcast-certificate')).toHaveLength(1)
  })

  it('caps the back-off at Tmax', () => {
    const h = createHarness()
    let at = 1
    for (; at < 60; at++) {
      h.feed({ type: 'certificate', certificate: h.certificate('nullify', at, ZERO_HASH), from: 'p', gossiped: true })
    }
    expect(h.consensus.view).toBe(60)
    while (h.consensus.leader(h.consensus.view) === 0) {
      h.feed({ type: 'certificate', certificate: h.certificate('nullify', at++, ZERO_HASH), from: 'p', gossiped: true })
    }
    const before = h.signed().length
    h.wait(7_999)
    expect(h.signed()).toHaveLength(before)
    h.wait(1)
    expect(namesOf(h.signed().slice(before))).toEqual([`nullify ${h.consensus.view}`])
  })

  it('ends the back-off of an open view with the finalization that comes meanwhile', () => {
    const h = createHarness({ manual: ['fetch-block'] })
    let at = 1
    for (; at < 60 || h.consensus.leader(view(at + 1)) === 0; at++) {
      h.feed({ type: 'certificate', certificate: h.certificate('nullify', at, ZERO_HASH), from: 'p', gossiped: true })
    }
    const { hash } = h.block(at, h.genesis)
    for (const kind of ['notarize', 'finalize'] as const) {
      const before = h.signed().length
      h.feed({ type: 'certificate', certificate: h.certificate(kind, at, hash), from: 'p', gossiped: true })
      expect(h.consensus.view).toBe(at + 1)
      h.wait(400)
      expect(namesOf(h.signed().slice(before))).toEqual(kind === 'notarize' ? [] : [`nullify ${at + 1}`])
    }
  })
})

describe('R2: proposing', () => {
  const leaderOf = (at: number): number => createHarness({ self: undefined }).consensus.leader(view(at))

  it('builds at once when transactions wait: persists, signs, then sends the proposal', () => {
    const h = createHarness({ self: leaderOf(1) })
    const types = h.take().map((effect) => effect.type)
    const order = ['build', 'adopt', 'persist-block', 'sign', 'broadcast-proposal'] as const
    const positions = order.map((type) => types.indexOf(type))
    expect(positions).not.toContain(-1)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    expect(types).not.toContain('broadcast-vote')
  })

  it('waits for the heartbeat while idle, and for a transaction no longer', () => {
    const h = createHarness({ self: leaderOf(1), isBusy: false })
    h.wait(999)
    expect(h.take().some((effect) => effect.type === 'build')).toBe(false)
    h.wait(1)
    expect(h.take().some((effect) => effect.type === 'build')).toBe(true)
    const woken = createHarness({ self: leaderOf(1), isBusy: false })
    woken.feed({ type: 'transactions-pending', pending: true })
    expect(woken.take().some((effect) => effect.type === 'build')).toBe(true)
  })

  it('never waits longer than the heartbeat for a parent time in the future', () => {
    const h = createHarness({ self: leaderOf(2), isBusy: false })
    const block = h.block(1, h.genesis, { timeMs: h.genesis.header.timeMs + 4_000 })
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, block.hash), from: 'p', gossiped: true })
    h.wait(1_000)
    const build = h.take().find((effect) => effect.type === 'build')
    expect(build?.timeMs).toBe(block.header.timeMs + 1)
  })

  it('pipelines: builds on a notarized parent that is not final', () => {
    const h = createHarness({ self: leaderOf(2) })
    const block = h.block(1, h.genesis)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, block.hash), from: 'p', gossiped: true })
    expect(h.consensus.finalizedView).toBe(0)
    expect(h.take().find((effect) => effect.type === 'build')?.parentHash).toBe(block.hash)
  })

  it('justifies its proposal by itself', () => {
    const leader = leaderOf(3)
    const h = createHarness({ self: leader })
    for (const at of [1, 2]) {
      h.feed({ type: 'certificate', certificate: h.certificate('nullify', at, ZERO_HASH), from: 'p', gossiped: true })
    }
    const proposal = h.take().findLast((effect) => effect.type === 'broadcast-proposal')?.proposal
    expect(proposal?.entryProof.nullifications.map((certificate) => certificate.view)).toEqual([1, 2])
    expect(proposal?.parentView).toBe(0)
  })

  it('re-proposes the epoch’s last block instead of a child of it', () => {
    const h = createHarness({ self: leaderOf(2), spec: { epochLengthBlocks: 1 } })
    const block = h.block(1, h.genesis)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, block.hash), from: 'p', gossiped: true })
    const effects = h.take()
    expect(effects.some((effect) => effect.type === 'build' && effect.view === 2)).toBe(false)
    const proposal = effects.findLast((effect) => effect.type === 'broadcast-proposal')?.proposal
    expect([proposal?.view, proposal?.block.hash, proposal?.parentHash]).toEqual([2, block.hash, block.hash])
  })
})

describe('R5: nullify', () => {
  it('gives up a silent leader after tl, and not before', () => {
    const h = createHarness({ self: followerOf(1) })
    h.wait(399)
    expect(h.signed()).toEqual([])
    h.wait(1)
    expect(namesOf(h.signed())).toEqual(['nullify 1'])
  })

  it('waits for votes until ta once there is a proposal', () => {
    const h = createHarness({ self: followerOf(1) })
    h.feed({ type: 'proposal', proposal: h.proposal(h.block(1, h.genesis)), from: 'p' })
    h.wait(679)
    expect(namesOf(h.signed())).toEqual(['notarize 1'])
    h.wait(1)
    expect(namesOf(h.signed())).toEqual(['notarize 1', 'nullify 1'])
  })

  it('allows an idle leader the heartbeat while the own mempool is empty', () => {
    const h = createHarness({ self: followerOf(1), isBusy: false })
    h.wait(1_399)
    expect(h.signed()).toEqual([])
    h.wait(1)
    expect(namesOf(h.signed())).toEqual(['nullify 1'])
  })

  it('counts the leader’s time from the first waiting transaction', () => {
    const h = createHarness({ self: followerOf(1), isBusy: false })
    h.wait(300)
    h.feed({ type: 'transactions-pending', pending: true })
    h.wait(399)
    expect(h.signed()).toEqual([])
    h.wait(1)
    expect(namesOf(h.signed())).toEqual(['nullify 1'])
  })

  it('follows the leader’s own nullify, but only a verified one', () => {
    const leader = createHarness().consensus.leader(view(1))
    const h = createHarness({ self: (leader + 1) % 4 })
    const bad = h.vote('nullify', 1, ZERO_HASH, leader, new Uint8Array([0xba, 0xd0, ...new Uint8Array(94)]))
    h.feed({ type: 'vote', vote: bad, from: 'liar' })
    expect(h.signed()).toEqual([])
    expect(h.take()).toContainEqual({ type: 'report-peer', peer: 'liar', code: 'VOTE_SIGNATURE_INVALID' })
    h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, leader), from: 'p' })
    expect(namesOf(h.signed())).toEqual(['nullify 1'])
  })

  it('answers two blocks of one leader at once, and gossips both votes', () => {
    const h = createHarness({ self: followerOf(1) })
    const first = h.block(1, h.genesis)
    const second = h.block(1, h.genesis, { timeMs: h.genesis.header.timeMs + 99 })
    const leader = h.consensus.leader(view(1))
    const signature = new Uint8Array(96).fill(77)
    h.feed({ type: 'proposal', proposal: h.proposal(first), from: 'p' })
    h.feed({ type: 'vote', vote: h.vote('notarize', 1, second.hash, leader, signature), from: 'q' })
    expect(namesOf(h.signed())).toEqual(['notarize 1', 'nullify 1'])
    const evidence = h.take().filter((effect) => effect.type === 'broadcast-evidence')
    expect(evidence).toHaveLength(1)
    expect(new Set([evidence[0]?.evidence.first.hash, evidence[0]?.evidence.second.hash])).toEqual(
      new Set([first.hash, second.hash]),
    )
  })

  it('gives an invalid block up at once: header, execution, RANDAO reveal', () => {
    const badHeader = createHarness({ self: followerOf(1) })
    const parent = { ...badHeader.genesis, header: { ...badHeader.genesis.header, height: 665 as never } }
    const proposal = badHeader.proposal(badHeader.block(1, parent, { parentHash: badHeader.genesis.hash }))
    badHeader.feed({ type: 'proposal', proposal, from: 'p' })
    expect(namesOf(badHeader.signed())).toEqual(['nullify 1'])

    const badRoot = createHarness({ self: followerOf(1) })
    const block = badRoot.block(1, badRoot.genesis)
    badRoot.verdicts.set(block.hash, { verdict: 'reject', code: 'STATE_ROOT_MISMATCH' })
    badRoot.feed({ type: 'proposal', proposal: badRoot.proposal(block), from: 'p' })
    expect(namesOf(badRoot.signed())).toEqual(['nullify 1'])

    const badReveal = createHarness({ self: followerOf(1) })
    const revealed = badReveal.block(1, badReveal.genesis, {
      randaoReveal: new Uint8Array([0xba, 0xd0, ...new Uint8Array(94)]),
    })
    badReveal.feed({ type: 'proposal', proposal: badReveal.proposal(revealed), from: 'p' })
    expect(namesOf(badReveal.signed())).toEqual(['nullify 1'])
  })
})

describe('R9: standstill', () => {
  it('sends one Status, one request and the own proposal about every 2 s, and nothing more', () => {
    const h = createHarness({ self: createHarness({ self: undefined }).consensus.leader(view(1)) })
    h.wait(900)
    h.take()
    const counts = new Map<string, number>()
    for (let tick = 0; tick < 200; tick++) {
      h.wait(100)
      for (const { type } of h.take()) counts.set(type, (counts.get(type) ?? 0) + 1)
    }
    for (const type of ['broadcast-status', 'broadcast-proposal', 'fetch-certificates']) {
      expect(counts.get(type)).toBeGreaterThanOrEqual(8)
      expect(counts.get(type)).toBeLessThanOrEqual(13)
    }
    expect(counts.get('broadcast-vote')).toBeUndefined()
  })

  it('sends a bounded number of bytes per tick, however long the standstill, and the rest on request', () => {
    const h = createHarness()
    const views = 1_200
    for (let at = 1; at <= views; at++) {
      h.feed({ type: 'certificate', certificate: h.certificate('nullify', at, ZERO_HASH), from: 'p', gossiped: true })
      if (at % 10 === 0) h.wait(8_000)
    }
    h.take()
    h.wait(2_400)
    const statuses = h.take().filter((effect) => effect.type === 'broadcast-status')
    expect(statuses).toHaveLength(1)
    const { status } = statuses[0] ?? {}
    if (status === undefined) throw new Error('no status')
    expect(encodeStatus(status).length).toBeLessThan(96 * 1024)
    expect(status.votes.at(-1)?.view).toBe(h.consensus.view)
    // A peer that missed everything gets on with it, and then with what it asks for.
    const peer = createHarness({ self: undefined })
    peer.feed({ type: 'status', status, from: 'q' })
    expect(peer.consensus.view).toBe(257)
    for (let round = 0; round < 5; round++) {
      peer.take()
      peer.wait(2_400)
      const asked = peer.take().find((effect) => effect.type === 'fetch-certificates')
      for (const certificate of h.consensus.certificatesFrom(asked?.epoch ?? epoch(9), asked?.fromView ?? view(0))) {
        peer.feed({ type: 'certificate', certificate, from: 'q', gossiped: false })
      }
    }
    expect(peer.consensus.view).toBe(h.consensus.view)
  })

  it('lets a peer that missed everything enter the view', () => {
    const ahead = createHarness({ self: followerOf(1) })
    const block = ahead.block(1, ahead.genesis)
    ahead.feed({ type: 'proposal', proposal: ahead.proposal(block), from: 'p' })
    const certificates = [
      ahead.certificate('notarize', 1, block.hash),
      ahead.certificate('finalize', 1, block.hash),
      ahead.certificate('nullify', 2, ZERO_HASH),
      ahead.certificate('nullify', 3, ZERO_HASH),
    ]
    for (const certificate of certificates) ahead.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    const late = createHarness({ self: undefined })
    late.feed({ type: 'status', status: ahead.consensus.status(), from: 'p' })
    expect(late.consensus.view).toBe(4)
    expect(late.consensus.finalizedView).toBe(1)
  })

  it('greets a new peer with the Status', () => {
    const h = createHarness()
    h.take()
    h.feed({ type: 'peer-connected', peer: 'new' })
    expect(h.take()).toEqual([{ type: 'send-status', status: h.consensus.status(), to: 'new' }])
  })
})

function followerOf(at: number): number {
  return (createHarness({ self: undefined }).consensus.leader(view(at)) + 1) % 4
}
