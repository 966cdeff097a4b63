/** Votes of a large set go to collectors, and to everybody when nothing comes of it. */
import { createCollectorSchedule, createLeaderSchedule } from '@cairn/chain'
import type { Certificate } from '@cairn/chain'
import { ZERO_HASH, view } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { createHarness } from './harness.ts'
import type { Harness, HarnessOptions } from './harness.ts'

const SELF = 0
const LARGE = { nodes: 70, self: SELF } as const

/** Recipients of the votes sent since the last look, by kind; `all` for everybody. */
function sent(h: Harness): readonly (readonly [string, readonly number[] | 'all'])[] {
  return h.take().flatMap((effect) => {
    if (effect.type !== 'broadcast-vote') return []
    return [[`${effect.vote.kind} ${effect.vote.view}`, effect.to ?? 'all'] as const]
  })
}

/** In a view that another one leads, next to one that another one leads; everybody has seen a signature of it a moment ago. */
function start(options: HarnessOptions = {}): {
  readonly h: Harness
  readonly at: number
  readonly parent: Certificate
} {
  const h = createHarness({ ...LARGE, manual: ['fetch-block'], ...options })
  const set = h.genesis.epochState.validators
  const leaderOf = createLeaderSchedule(set)
  let at = 2
  while ([at, at + 1].some((of) => leaderOf(view(of)) === SELF) || collectors(h, at).includes(SELF)) at++
  const parent = h.certificate('finalize', at - 1, h.block(at - 1, h.genesis).hash)
  h.feed({ type: 'certificate', certificate: parent, from: 'p', gossiped: true })
  expect(h.consensus.view).toBe(at)
  h.take()
  return { h, at, parent }
}

function collectors(h: Harness, at: number): readonly number[] {
  const { validators } = h.genesis.epochState
  const next = createLeaderSchedule(validators)(view(at + 1))
  return [...new Set([...createCollectorSchedule(validators, 8)(view(at)), next])]
}

describe('an own vote', () => {
  it('goes to the view’s collectors and the next leader, above 64 validators', () => {
    const { h, at } = start()
    h.wait(400)
    expect(sent(h)).toEqual([[`nullify ${at}`, collectors(h, at)]])
    const small = start({ nodes: 64 })
    small.h.wait(400)
    expect(sent(small.h)).toEqual([[`nullify ${small.at}`, 'all']])
  })

  it('goes to everybody when no certificate has come in 1.5 round trips, and only once more', () => {
    const { h } = start()
    h.wait(400)
    h.take()
    // The first round trip is taken for 0.4 · T0.
    h.wait(239)
    expect(sent(h)).toEqual([])
    h.wait(1)
    expect(sent(h)).toMatchObject([[expect.stringContaining('nullify'), 'all']])
    h.wait(1_000)
    expect(sent(h)).toEqual([])
  })

  it('stays with the collectors whose certificate comes in time', () => {
    const { h, at } = start()
    h.wait(400)
    h.wait(100)
    const certificate = h.certificate('nullify', at, ZERO_HASH)
    h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    h.take()
    h.wait(300)
    expect(sent(h)).toEqual([])
  })

  it('is shown to all before views can pass, however late certificates have come', () => {
    const { h, at } = start()
    let now = at
    for (let round = 0; round < 20; round++, now++) {
      h.wait(8_000)
      h.feed({ type: 'certificate', certificate: h.certificate('nullify', now, ZERO_HASH), from: 'p', gossiped: true })
    }
    h.take()
    while (h.consensus.leader(view(now)) === SELF) {
      h.feed({
        type: 'certificate',
        certificate: h.certificate('nullify', now++, ZERO_HASH),
        from: 'p',
        gossiped: true,
      })
    }
    h.wait(8_000)
    h.wait(300)
    expect(sent(h).at(-1)).toEqual([`nullify ${now}`, 'all'])
  })
})

describe('everybody is shown', () => {
  it('a leader’s own nullify, which ends the view for all (R5)', () => {
    const h = createHarness({ ...LARGE, manual: ['build', 'fetch-block'] })
    let at = 2
    while (h.consensus.leader(view(at)) !== SELF) at++
    const { hash } = h.block(at - 1, h.genesis)
    h.feed({ type: 'certificate', certificate: h.certificate('finalize', at - 1, hash), from: 'p', gossiped: true })
    h.take()
    h.wait(400)
    expect(sent(h)).toEqual([[`nullify ${at}`, 'all']])
  })

  it('a vote of who is in no certificate, well before it counts as silent (R8)', () => {
    const { h, at } = start()
    const others = h.genesis.epochState.validators.validators.map((_, index) => index).slice(1)
    let now = at
    for (let round = 0; round < 8; round++, now++) {
      h.wait(400)
      const certificate = h.certificate('finalize', now, h.block(now, h.genesis).hash, others)
      h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    }
    const all = sent(h).filter(([, to]) => to === 'all')
    expect(all.length).toBeGreaterThan(0)
    expect(all.length).toBeLessThan(4)
  })

  it('the first vote after a start', () => {
    const h = createHarness(LARGE)
    h.wait(400)
    expect(sent(h)[0]?.[1]).toBe('all')
  })
})
