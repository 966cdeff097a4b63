/** R10 without a log: abstain until every view in which this key can have voted is past. */
import type { ConsensusHeader } from '@cairn/chain'
import { ZERO_HASH, epoch, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { AMNESIA_LISTEN_MS } from '../src/limits.ts'
import { createHarness } from './harness.ts'
import type { Harness, HarnessOptions } from './harness.ts'

const OTHERS = [1, 2, 3]

function amnesiac(options: HarnessOptions = {}): Harness {
  return createHarness({ ...options, start: { isAmnesiac: true, ...options.start } })
}

function nullified(h: Harness, signers = OTHERS): void {
  const certificate = h.certificate('nullify', h.consensus.view, ZERO_HASH, signers)
  h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
}

function finalized(h: Harness, at: number, signers = OTHERS): void {
  const certificate = h.certificate('finalize', at, h.block(at, h.genesis).hash, signers)
  h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
}

describe('R10: amnesia', () => {
  it('signs nothing at all, for as long as nobody shows anything', () => {
    const h = amnesiac()
    h.wait(600_000)
    expect([h.consensus.isAmnesiac, h.signed()]).toEqual([true, []])
  })

  it('ends with a finalization two views above the highest one shown, durably before the next vote', () => {
    const h = amnesiac({ manual: ['sign'] })
    for (let at = 0; at < 4; at++) nullified(h)
    h.wait(AMNESIA_LISTEN_MS)
    // v0 = 4: this key may have voted in view 5, which that certificate lets one enter, and in none above.
    finalized(h, 5)
    h.wait(10_000)
    expect([h.consensus.isAmnesiac, h.signed()]).toEqual([true, []])
    h.take()
    finalized(h, 6)
    expect(h.consensus.isAmnesiac).toBe(false)
    h.wait(10_000)
    const effects = h.take().filter(({ type }) => type === 'raise-floor' || type === 'sign')
    expect(effects[0]).toEqual({ type: 'raise-floor', floor: { epoch: epoch(0), view: view(6) } })
    expect(effects.length).toBeGreaterThan(1)
    expect(h.signed().every((subject) => subject.view > 6)).toBe(true)
  })

  it('waits for a quorum without the own weight', () => {
    const h = amnesiac()
    h.wait(AMNESIA_LISTEN_MS)
    for (let at = 0; at < 9; at++) nullified(h, [0, 1, 2])
    finalized(h, 30, [0, 1, 2])
    expect(h.consensus.isAmnesiac).toBe(true)
    nullified(h)
    finalized(h, 40)
    expect(h.consensus.isAmnesiac).toBe(false)
  })

  it('takes the highest view of the quorum, not one that all have passed', () => {
    const h = amnesiac({ nodes: 7 })
    // Validator 1 has shown view 1 and nothing since; the others are at 20.
    for (let at = 0; at < 20; at++) nullified(h, at === 0 ? [1, 2, 3, 4, 5] : [2, 3, 4, 5, 6])
    h.wait(AMNESIA_LISTEN_MS)
    finalized(h, 21, [2, 3, 4, 5, 6])
    expect(h.consensus.isAmnesiac).toBe(true)
    finalized(h, 22, [2, 3, 4, 5, 6])
    expect(h.consensus.isAmnesiac).toBe(false)
  })

  it('listens for a while first, whatever is shown to it', () => {
    const h = amnesiac()
    nullified(h)
    finalized(h, 50)
    expect(h.consensus.isAmnesiac).toBe(true)
    h.wait(AMNESIA_LISTEN_MS)
    finalized(h, 51)
    // Now v0 is known, and it is the view of what was shown last.
    expect(h.consensus.isAmnesiac).toBe(true)
    finalized(h, 53)
    expect(h.consensus.isAmnesiac).toBe(false)
  })

  it('believes no signature that does not verify', () => {
    const h = amnesiac()
    h.wait(AMNESIA_LISTEN_MS)
    const bad = { ...h.certificate('nullify', 1, ZERO_HASH, OTHERS), signature: new Uint8Array(96).fill(0xba) }
    bad.signature[1] = 0xd0
    h.feed({ type: 'certificate', certificate: bad, from: 'p', gossiped: true })
    expect([h.consensus.view, h.consensus.isAmnesiac]).toEqual([1, true])
  })

  it('decides nothing from certificates of the past, while anybody speaks of a later epoch', () => {
    const h = amnesiac({ spec: { epochLengthBlocks: 1 } })
    h.wait(AMNESIA_LISTEN_MS)
    const ahead = { ...h.vote('nullify', 1, ZERO_HASH, 1), epoch: epoch(9) }
    let parent: { readonly hash: Hash; readonly header: ConsensusHeader } = h.genesis
    for (let at = 0; at < 6; at++) {
      h.feed({ type: 'vote', vote: ahead, from: 'ahead' })
      h.wait(1_000)
      const block = h.block(1, parent, { parentView: view(0) })
      finalizeBlock(h, 1, block.hash)
      h.feed({ type: 'block-fetched', block, from: 'p' })
      parent = block
    }
    expect([h.consensus.validators.epoch, h.consensus.isAmnesiac, h.signed()]).toEqual([6, true, []])
    // Nobody is ahead any more: now v0 is of this epoch, and the next one's first finalization is past it.
    h.wait(2 * AMNESIA_LISTEN_MS)
    for (let at = 0; at < 2; at++) {
      const block = h.block(1, parent, { parentView: view(0) })
      finalizeBlock(h, 1, block.hash)
      h.feed({ type: 'block-fetched', block, from: 'p' })
      parent = block
    }
    expect(h.consensus.isAmnesiac).toBe(false)
  })

  it('does not end while messages of the next epoch wait', () => {
    const h = amnesiac()
    h.feed({ type: 'vote', vote: { ...h.vote('nullify', 1, ZERO_HASH, 1), epoch: epoch(1) }, from: 'ahead' })
    nullified(h)
    h.wait(4 * AMNESIA_LISTEN_MS)
    finalized(h, 50)
    finalized(h, 60)
    expect(h.consensus.isAmnesiac).toBe(true)
  })

  it('outlives the epoch, and ends with any finalization of the one after v0’s', () => {
    const h = amnesiac({ spec: { epochLengthBlocks: 1 } })
    h.wait(AMNESIA_LISTEN_MS)
    const block = h.block(1, h.genesis)
    h.feed({
      type: 'certificate',
      certificate: h.certificate('notarize', 1, block.hash, OTHERS),
      from: 'p',
      gossiped: true,
    })
    h.feed({ type: 'block-fetched', block, from: 'p' })
    finalizeBlock(h, 1, block.hash)
    expect([h.consensus.validators.epoch, h.consensus.isAmnesiac]).toEqual([1, true])
    const next = h.block(1, block, { parentView: view(0) })
    h.feed({
      type: 'certificate',
      certificate: h.certificate('notarize', 1, next.hash, OTHERS),
      from: 'p',
      gossiped: true,
    })
    h.feed({ type: 'block-fetched', block: next, from: 'p' })
    finalizeBlock(h, 1, next.hash)
    expect([h.consensus.validators.epoch, h.consensus.isAmnesiac]).toEqual([2, false])
    const before = h.signed()
    expect(before.every((subject) => subject.epoch > 1)).toBe(true)
  })
})

function finalizeBlock(h: Harness, at: number, hash: `0x${string}`): void {
  h.feed({
    type: 'certificate',
    certificate: h.certificate('finalize', at, hash as never, OTHERS),
    from: 'p',
    gossiped: true,
  })
}
