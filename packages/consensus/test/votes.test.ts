/** R3, R4, R7: notarize, finalize, commits. */
import type { Block } from '@cairn/chain'
import { ACCEPT, ZERO_HASH, reject, view } from '@cairn/primitives'
import type { Verdict } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { badSignature, createHarness, namesOf } from './harness.ts'
import type { Harness, HarnessOptions } from './harness.ts'

describe('R3: notarize', () => {
  it('votes for an executed child of genesis, once', () => {
    const h = follower(1)
    const block = h.block(1, h.genesis)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'q' })
    expect(namesOf(h.signed())).toEqual(['notarize 1'])
    expect(h.take().filter((effect) => effect.type === 'execute')).toHaveLength(1)
  })

  it('persists the block before it asks for the signature', () => {
    const h = follower(1)
    h.feed({ type: 'proposal', proposal: h.proposal(h.block(1, h.genesis)), from: 'p' })
    const types = h.take().map((effect) => effect.type)
    expect(types.indexOf('persist-block')).toBeGreaterThan(-1)
    expect(types.indexOf('persist-block')).toBeLessThan(types.indexOf('sign'))
  })

  it('abstains while a skipped view is not nullified, then votes (R0)', () => {
    const h = follower(3)
    const block = h.block(3, h.genesis)
    h.feed({ type: 'certificate', certificate: h.certificate('nullify', 2, ZERO_HASH), from: 'p', gossiped: true })
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    expect(h.signed()).toEqual([])
    h.feed({ type: 'certificate', certificate: h.certificate('nullify', 1, ZERO_HASH), from: 'p', gossiped: true })
    expect(namesOf(h.signed())).toEqual(['notarize 3'])
  })

  it('takes the justification from the proposal itself', () => {
    const h = follower(3)
    const nullifications = [h.certificate('nullify', 1, ZERO_HASH), h.certificate('nullify', 2, ZERO_HASH)]
    const proposal = h.proposal(h.block(3, h.genesis), { entryProof: { base: undefined, nullifications } })
    h.feed({ type: 'proposal', proposal, from: 'p' })
    expect(namesOf(h.signed())).toEqual(['notarize 3'])
  })

  it('refuses a parent that is not notarized, and one below the finalized view', () => {
    const h = follower(3)
    const first = h.block(1, h.genesis)
    const second = h.block(2, first)
    h.feed({ type: 'proposal', proposal: h.proposal(first), from: 'p' })
    h.feed({ type: 'proposal', proposal: h.proposal(second), from: 'p' })
    for (const certificate of [h.certificate('notarize', 1, first.hash), h.certificate('finalize', 2, second.hash)]) {
      h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    }
    const before = h.signed().length
    h.feed({ type: 'proposal', proposal: h.proposal(h.block(3, first)), from: 'p' })
    expect(h.signed()).toHaveLength(before)
  })

  it('votes when the missing execution arrives (R0)', () => {
    const h = follower(1, { manual: ['execute'] })
    const block = h.block(1, h.genesis)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    expect(h.signed()).toEqual([])
    h.feed({ type: 'executed', hash: block.hash, verdict: { verdict: 'accept' } })
    expect(namesOf(h.signed())).toEqual(['notarize 1'])
  })

  it('abstains from a block from the future and votes when its time has come, without nullify', () => {
    const h = follower(1)
    const block = h.block(1, h.genesis, { timeMs: h.genesis.header.timeMs + 5_300 })
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.wait(299)
    expect(h.signed()).toEqual([])
    h.wait(1)
    expect(namesOf(h.signed())).toEqual(['notarize 1'])
  })

  it('waits for a block from beyond ta as long as for none, and votes for it when the clock is set right', () => {
    const beyond = follower(1)
    // ta is 680 ms; a block may be 5 s ahead.
    const block = beyond.block(1, beyond.genesis, { timeMs: beyond.genesis.header.timeMs + 5_000 + 680 })
    beyond.feed({ type: 'proposal', proposal: beyond.proposal(block), from: 'p' })
    beyond.wait(399)
    expect(beyond.signed()).toEqual([])
    beyond.wait(1)
    expect(namesOf(beyond.signed())).toEqual(['nullify 1'])
    beyond.wait(280)
    expect(namesOf(beyond.signed())).toEqual(['nullify 1', 'notarize 1'])
    const within = follower(1)
    const early = within.block(1, within.genesis, { timeMs: within.genesis.header.timeMs + 5_000 + 679 })
    within.feed({ type: 'proposal', proposal: within.proposal(early), from: 'p' })
    within.wait(679)
    expect(namesOf(within.signed())).toEqual(['notarize 1'])
  })

  it('still notarizes after an own nullify of the view', () => {
    const h = follower(1)
    h.wait(400)
    h.feed({ type: 'proposal', proposal: h.proposal(h.block(1, h.genesis)), from: 'p' })
    expect(namesOf(h.signed())).toEqual(['nullify 1', 'notarize 1'])
  })

  it('blames a relay for a bad bundle, and votes for the leader’s block all the same', () => {
    const h = follower(1)
    const bundle = {
      base: undefined,
      nullifications: [{ ...h.certificate('nullify', 5, ZERO_HASH), signature: badSignature() }],
    }
    h.feed({ type: 'proposal', proposal: h.proposal(h.block(1, h.genesis), { entryProof: bundle }), from: 'relay' })
    expect(namesOf(h.signed())).toEqual(['notarize 1'])
    expect(h.take()).toContainEqual({ type: 'report-peer', peer: 'relay', code: 'CERTIFICATE_SIGNATURE_INVALID' })
  })

  it('rejects a proposal that is not the leader’s, or whose vote is for something else', () => {
    const h = follower(1)
    const block = h.block(1, h.genesis)
    const leader = h.consensus.leader(view(1))
    const faults = [
      h.proposal(block, { vote: h.vote('notarize', 1, block.hash, (leader + 1) % 4) }),
      h.proposal(block, { vote: h.vote('finalize', 1, block.hash, leader) }),
      h.proposal(block, { vote: h.vote('notarize', 1, h.genesis.hash, leader) }),
      h.proposal(block, { parentHash: block.hash }),
      h.proposal(block, { parentHash: ZERO_HASH }),
      h.proposal(h.block(2, block), { parentView: view(0) }),
    ]
    for (const proposal of faults) {
      expect(h.consensus.screen({ type: 'proposal', proposal, from: 'p' }).verdict).toBe('reject')
      h.feed({ type: 'proposal', proposal, from: 'p' })
    }
    expect(h.signed()).toEqual([])
    expect(h.take().filter((effect) => effect.type === 'report-peer')).toHaveLength(faults.length)
  })

  it('fetches other bytes when the executor finds that they are not the header’s', () => {
    const h = follower(1, { manual: ['execute'] })
    const block = h.block(1, h.genesis)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.feed({ type: 'executed', hash: block.hash, verdict: { verdict: 'reject', code: 'BLOCK_DATA_MISMATCH' } })
    expect(h.take()).toContainEqual({ type: 'fetch-block', hash: block.hash, hints: [] })
    h.feed({ type: 'block-fetched', block, from: 'q' })
    h.feed({ type: 'executed', hash: block.hash, verdict: { verdict: 'accept' } })
    expect(namesOf(h.signed())).toEqual(['notarize 1'])
  })
})

describe('R3 on an epoch boundary', () => {
  it('accepts the last block again, whatever view a relay claims for its parent', () => {
    for (const claimed of [0, 1]) {
      const h = follower(2, { spec: { epochLengthBlocks: 1 } })
      const block = h.block(1, h.genesis)
      h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
      h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, block.hash), from: 'p', gossiped: true })
      const vote = h.vote('notarize', 2, block.hash, h.consensus.leader(view(2)))
      const repeated = h.proposal(block, { view: view(2), parentView: view(claimed), parentHash: block.hash, vote })
      h.feed({ type: 'proposal', proposal: repeated, from: 'p' })
      expect(namesOf(h.signed())).toContain('notarize 2')
      h.feed({ type: 'certificate', certificate: h.certificate('finalize', 2, block.hash), from: 'p', gossiped: true })
      expect(h.consensus.head.hash).toBe(block.hash)
    }
  })
})

describe('R4: finalize', () => {
  it('finalizes what is notarized and executed, also when it has moved on', () => {
    const h = follower(1, { manual: ['execute'] })
    const block = h.block(1, h.genesis)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, block.hash), from: 'p', gossiped: true })
    expect([h.consensus.view, h.signed().length]).toEqual([2, 0])
    h.feed({ type: 'executed', hash: block.hash, verdict: { verdict: 'accept' } })
    expect(namesOf(h.signed())).toEqual(['finalize 1'])
  })

  it('never after an own nullify, even when the notarization is rebroadcast', () => {
    const h = follower(1)
    const block = h.block(1, h.genesis)
    h.wait(400)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    const certificate = h.certificate('notarize', 1, block.hash)
    for (const from of ['p', 'q']) h.feed({ type: 'certificate', certificate, from, gossiped: true })
    expect(namesOf(h.signed())).toEqual(['nullify 1', 'notarize 1'])
  })

  it('never nullifies after an own finalize', () => {
    const h = follower(1)
    const block = h.block(1, h.genesis)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.feed({ type: 'certificate', certificate: h.certificate('notarize', 1, block.hash), from: 'p', gossiped: true })
    h.wait(60_000)
    expect(namesOf(h.signed()).filter((name) => name.endsWith(' 1'))).toEqual(['notarize 1', 'finalize 1'])
  })
})

describe('R7: commit', () => {
  it('commits all ancestors in order when a descendant is finalized', () => {
    const h = createHarness({ self: undefined })
    const blocks = chainOf(h, 3)
    for (const block of blocks) h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    const tip = blocks.at(-1)
    h.feed({
      type: 'certificate',
      certificate: h.certificate('finalize', 3, tip?.hash ?? ZERO_HASH),
      from: 'p',
      gossiped: true,
    })
    const commits = h.take().filter((effect) => effect.type === 'commit')
    expect(commits.map((commit) => commit.blocks.map((block) => block.hash))).toEqual([
      blocks.map((block) => block.hash),
    ])
    expect(h.consensus.head.hash).toBe(tip?.hash)
  })

  it('fetches a finalized block and its missing ancestors, one after the other', () => {
    const h = createHarness({ self: undefined })
    const blocks = chainOf(h, 3)
    const finalization = h.certificate('finalize', 3, blocks[2]?.hash ?? ZERO_HASH)
    h.feed({ type: 'certificate', certificate: finalization, from: 'p', gossiped: true })
    for (const block of blocks.toReversed()) {
      const fetches = h.take().filter((effect) => effect.type === 'fetch-block')
      expect(fetches.map((fetch) => fetch.hash)).toEqual([block.hash])
      h.feed({ type: 'block-fetched', block, from: 'p' })
    }
    expect(h.consensus.head.hash).toBe(blocks[2]?.hash)
  })

  it('ignores blocks nobody asked for', () => {
    const h = createHarness({ self: undefined })
    const block = h.block(1, h.genesis)
    h.feed({ type: 'block-fetched', block, from: 'p' })
    expect(h.consensus.block(block.hash)).toBeUndefined()
  })

  it('asks again for a block at standstill, not at once', () => {
    const h = createHarness({ self: undefined })
    const { hash } = h.block(1, h.genesis)
    h.feed({ type: 'certificate', certificate: h.certificate('finalize', 1, hash), from: 'p', gossiped: true })
    h.take()
    h.feed({ type: 'fetch-failed', hash })
    expect(h.take().some((effect) => effect.type === 'fetch-block')).toBe(false)
    h.wait(2_400)
    expect(h.take().some((effect) => effect.type === 'fetch-block')).toBe(true)
  })

  it('blames who sends other bytes for a block it fetches, and asks again', () => {
    const blockChecks = {
      checkBlockData: ({ payload }: Block): Verdict => (payload.length > 0 ? ACCEPT : reject('BLOCK_DATA_MISMATCH')),
      checkBlock: () => ACCEPT,
    }
    const h = createHarness({ self: undefined, consensus: { blockChecks } })
    const block = { ...h.block(1, h.genesis), payload: Uint8Array.of(1) }
    const finalization = h.certificate('finalize', 1, block.hash)
    h.feed({ type: 'certificate', certificate: finalization, from: 'p', gossiped: true })
    h.take()
    h.feed({ type: 'block-fetched', block: { ...block, payload: new Uint8Array() }, from: 'p' })
    expect(h.take()).toContainEqual({ type: 'report-peer', peer: 'p', code: 'BLOCK_DATA_INVALID' })
    h.wait(2_400)
    expect(h.take()).toContainEqual({ type: 'fetch-block', hash: block.hash, hints: [] })
    h.feed({ type: 'block-fetched', block, from: 'q' })
    expect(h.consensus.head.hash).toBe(block.hash)
  })

  it('says that it is behind when the finalized block is far away, and goes on after sync', () => {
    const h = createHarness({ self: undefined })
    const blocks = chainOf(h, 40)
    const tip = blocks[39]
    if (tip === undefined) throw new Error('no tip')
    const finalization = h.certificate('finalize', 40, tip.hash)
    h.feed({ type: 'certificate', certificate: finalization, from: 'p', gossiped: true })
    h.feed({ type: 'block-fetched', block: tip, from: 'p' })
    expect(h.take().filter((effect) => effect.type === 'behind')).toEqual([
      { type: 'behind', finalization, height: 40 },
    ])
    h.feed({ type: 'synced', head: { ...h.genesis, header: tip.header, hash: tip.hash, finalization } })
    expect([h.consensus.head.header.height, h.consensus.view]).toEqual([40, 41])
  })

  it('halts with both certificates when two blocks are final in one view', () => {
    const h = createHarness({ self: undefined })
    const [a, b] = [h.block(1, h.genesis), h.block(1, h.genesis, { timeMs: h.genesis.header.timeMs + 99 })]
    const certificates = [h.certificate('finalize', 1, a.hash), h.certificate('finalize', 1, b.hash)]
    for (const certificate of certificates) h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    expect(h.take().find((effect) => effect.type === 'halt')?.halt).toMatchObject({
      code: 'FINALIZATION_CONFLICT',
      certificates,
    })
    h.wait(10_000)
    expect(h.take()).toEqual([])
  })

  it('halts when a later finalization leaves the log, or finalizes what is invalid here', () => {
    const h = createHarness({ self: undefined })
    const [a, fork] = [h.block(1, h.genesis), h.block(2, h.genesis)]
    for (const block of [a, fork]) h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.feed({ type: 'certificate', certificate: h.certificate('finalize', 1, a.hash), from: 'p', gossiped: true })
    const child = h.block(3, fork)
    h.feed({ type: 'certificate', certificate: h.certificate('finalize', 3, child.hash), from: 'p', gossiped: true })
    h.feed({ type: 'block-fetched', block: child, from: 'p' })
    expect(h.take().find((effect) => effect.type === 'halt')?.halt.code).toBe('FINALIZATION_CONFLICT')

    const invalid = createHarness({ self: undefined })
    const block = invalid.block(1, invalid.genesis)
    invalid.verdicts.set(block.hash, { verdict: 'reject', code: 'ROOT' })
    invalid.feed({ type: 'proposal', proposal: invalid.proposal(block), from: 'p' })
    invalid.feed({
      type: 'certificate',
      certificate: invalid.certificate('finalize', 1, block.hash),
      from: 'p',
      gossiped: true,
    })
    expect(invalid.take().find((effect) => effect.type === 'halt')?.halt.code).toBe('FINALIZED_BLOCK_INVALID')
  })
})

function follower(at: number, options: HarnessOptions = {}): Harness {
  const leader = createHarness({ self: undefined }).consensus.leader(view(at))
  const leaders = [at, at + 1].map((each) => createHarness({ self: undefined }).consensus.leader(view(each)))
  const self = [0, 1, 2, 3].find((index) => index !== leader && !leaders.includes(index))
  return createHarness({ self, ...options })
}

function chainOf(h: Harness, length: number): ReturnType<Harness['block']>[] {
  const blocks: ReturnType<Harness['block']>[] = []
  for (let at = 1; at <= length; at++) blocks.push(h.block(at, blocks.at(-1) ?? h.genesis))
  return blocks
}
