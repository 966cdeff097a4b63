/** R8: who is silent is not waited for; only verified signatures count as a sign of life. */
import { ZERO_HASH, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { badSignature, createHarness, namesOf } from './harness.ts'
import type { Harness } from './harness.ts'

/** A view led by `leader`, not by the node itself, reached by nullifications that `signers` have signed. */
function reachView(h: Harness, leader: number, signers: readonly number[]): number {
  let at = h.consensus.view as number
  while (h.consensus.leader(view(at)) !== leader) {
    h.feed({
      type: 'certificate',
      certificate: h.certificate('nullify', at, ZERO_HASH, signers),
      from: 'p',
      gossiped: true,
    })
    at++
  }
  return at
}

const OTHERS = [0, 1, 2]
const SILENT = 3

/** 6 s in which only `OTHERS` are heard, then a view that `SILENT` leads. */
function silentLeader(): { readonly h: Harness; readonly at: number } {
  const h = createHarness()
  for (let second = 0; second < 7; second++) {
    const { view: at } = h.consensus
    h.feed({
      type: 'certificate',
      certificate: h.certificate('nullify', at, ZERO_HASH, OTHERS),
      from: 'p',
      gossiped: true,
    })
    if (second < 6) h.wait(1_000)
  }
  return { h, at: reachView(h, SILENT, OTHERS) }
}

describe('R8: an inactive leader', () => {
  it('is given up after a tenth of T0', () => {
    const { h, at } = silentLeader()
    const before = h.signed().length
    h.wait(39)
    expect(h.signed()).toHaveLength(before)
    h.wait(1)
    expect(namesOf(h.signed().slice(before))).toEqual([`nullify ${at}`])
  })

  it('still has its time when it proposes', () => {
    const { h, at } = silentLeader()
    const before = h.signed().length
    const block = h.block(at, h.genesis)
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    h.wait(100)
    expect(namesOf(h.signed().slice(before))).toEqual([`notarize ${at}`])
  })

  it('is active again with a verified vote, not with one that only claims to be its own', () => {
    for (const [signature, isWaitedFor] of [
      [badSignature(), false],
      [undefined, true],
    ] as const) {
      const { h, at } = silentLeader()
      h.feed({ type: 'vote', vote: h.vote('finalize', at, h.genesis.hash, SILENT, signature), from: 'p' })
      const before = h.signed().length
      h.wait(399)
      expect(h.signed().length === before).toBe(isWaitedFor)
    }
  })

  it('is nobody while no quorum is heard: then this node is cut off', () => {
    const timing = { leaderTimeoutMs: 400, leaderTimeoutMaxMs: 400, heartbeatMs: 600_000 }
    for (const isQuorumHeard of [false, true]) {
      const h = createHarness({ isBusy: false, spec: { timing } })
      const at = reachView(h, SILENT, OTHERS)
      h.wait(10_000)
      if (isQuorumHeard) {
        for (const validator of [1, 2])
          h.feed({ type: 'vote', vote: h.vote('nullify', at + 1, ZERO_HASH, validator), from: 'p' })
      }
      h.feed({ type: 'transactions-pending', pending: true })
      const before = h.signed().length
      h.wait(399)
      expect(h.signed().length > before).toBe(isQuorumHeard)
    }
  })

  it('is any proven equivocator of the epoch', () => {
    const h = createHarness()
    const at = h.consensus.view + 1
    const votes = ['11', '22'].map((byte, index) =>
      h.vote('notarize', at, `0x${byte.repeat(32)}` as Hash, SILENT, new Uint8Array(96).fill(index + 50)),
    )
    for (const vote of votes) h.feed({ type: 'vote', vote, from: 'p' })
    const led = reachView(h, SILENT, OTHERS)
    const before = h.signed().length
    h.wait(40)
    expect(namesOf(h.signed().slice(before))).toContain(`nullify ${led}`)
  })

  it('is not one whose votes are only too late for the certificates', () => {
    const h = createHarness()
    for (let second = 0; second < 8; second++) {
      const { view: at } = h.consensus
      h.feed({ type: 'vote', vote: h.vote('finalize', at + 1, h.genesis.hash, SILENT), from: 'p' })
      h.feed({
        type: 'certificate',
        certificate: h.certificate('nullify', at, ZERO_HASH, OTHERS),
        from: 'p',
        gossiped: true,
      })
      h.wait(1_000)
    }
    reachView(h, SILENT, OTHERS)
    const before = h.signed().length
    h.wait(399)
    expect(h.signed()).toHaveLength(before)
  })

  it('is not one in whose name others vote, however often they are looked at instead', () => {
    // Found by a simulated collector that was flooded: who came back was given up for a forged vote's sake.
    const h = createHarness()
    for (let second = 0; second < 8; second++) {
      const { view: at } = h.consensus
      const own = h.vote('finalize', at + 1, h.genesis.hash, SILENT)
      const forged = { ...h.vote('notarize', at + 1, h.genesis.hash, SILENT), signature: badSignature() }
      h.feed({ type: 'vote', vote: forged, from: 'forger' })
      h.feed({ type: 'vote', vote: own, from: 'p' })
      const certificate = h.certificate('nullify', at, ZERO_HASH, OTHERS)
      h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
      h.wait(1_000)
    }
    reachView(h, SILENT, OTHERS)
    const before = h.signed().length
    h.wait(399)
    expect(h.signed()).toHaveLength(before)
  })
})
