/** R8: who says that it leaves is not waited for, until it is heard of again. And the silence of one that leaves or slept. */
import { ACCEPT, ZERO_HASH, ignore, reject, view } from '@cairn/primitives'
import type { Leaving } from '@cairn/chain'
import { describe, expect, it } from 'vitest'
import { LEAVING_VIEWS_MAX, RETURN_PROBE_MS, SILENCE_MS, SLEEP_GAP_MS, VIEW_WINDOW } from '../src/limits.ts'
import { badSignature, createHarness, namesOf } from './harness.ts'
import type { Harness } from './harness.ts'

const GONE = 3
const OTHERS = [0, 1, 2]

function leavingOf(h: Harness, at: number, change: Partial<Leaving> = {}): Leaving {
  const { epoch } = h.consensus.validators
  return { epoch, view: view(at), validator: GONE, signature: new Uint8Array(96).fill(GONE + 1), ...change }
}

const leave = (h: Harness, at: number, change: Partial<Leaving> = {}): void =>
  h.feed({ type: 'leaving', leaving: leavingOf(h, at, change), from: 'p' })

const nullifyCertificate = (h: Harness, at: number, signers: readonly number[] = OTHERS): void =>
  h.feed({
    type: 'certificate',
    certificate: h.certificate('nullify', at, ZERO_HASH, signers),
    from: 'p',
    gossiped: true,
  })

/** Goes through views until `leader` leads the current one. */
function reachLeader(h: Harness, leader: number, signers: readonly number[] = OTHERS): number {
  while (h.consensus.leader(h.consensus.view) !== leader) nullifyCertificate(h, h.consensus.view, signers)
  return h.consensus.view
}

const votesIn = (h: Harness, at: number): readonly string[] =>
  namesOf(h.signed().filter((subject) => subject.view === at))

describe('R8: a validator that has left', () => {
  it('is not waited for: its views are given up at once, and no timer counts', () => {
    const h = createHarness()
    leave(h, 1)
    for (let round = 0; round < 3; round++) {
      const at = reachLeader(h, GONE)
      expect(votesIn(h, at)).toEqual([`nullify ${at}`])
      nullifyCertificate(h, at)
    }
    expect(h.consensus.timedOut).toEqual([0, 0, 0, 0])
  })

  it('without its word the timer runs out, and that is counted for its leader', () => {
    const h = createHarness()
    const at = reachLeader(h, GONE)
    expect(votesIn(h, at)).toEqual([])
    h.wait(8_000)
    expect(votesIn(h, at)).toEqual([`nullify ${at}`])
    expect(h.consensus.timedOut).toEqual([0, 0, 0, 1])
  })

  it('is given up in the middle of its view, too, but not once its proposal is here', () => {
    const [late, early] = [createHarness(), createHarness()]
    const at = reachLeader(late, GONE)
    leave(late, at)
    expect(votesIn(late, at)).toEqual([`nullify ${at}`])
    reachLeader(early, GONE)
    const block = early.block(at, early.genesis)
    early.feed({ type: 'proposal', proposal: early.proposal(block), from: 'p' })
    leave(early, at)
    expect(votesIn(early, at)).toEqual([`notarize ${at}`])
  })

  it('is back with a vote of a later view, by itself or in a certificate; not with one of the view that it left in', () => {
    const isWaitedFor = (back: (h: Harness) => void): boolean => {
      const h = createHarness()
      leave(h, 1)
      reachLeader(h, GONE)
      nullifyCertificate(h, h.consensus.view)
      h.wait(RETURN_PROBE_MS)
      back(h)
      return votesIn(h, reachLeader(h, GONE)).length === 0
    }
    const vote = (at: (h: Harness) => number, signature?: Uint8Array) => (h: Harness) =>
      h.feed({ type: 'vote', vote: h.vote('nullify', at(h), ZERO_HASH, GONE, signature), from: 'p' })
    expect(isWaitedFor(() => {})).toBe(false)
    expect(isWaitedFor(vote((h) => h.consensus.view))).toBe(true)
    expect(isWaitedFor(vote((h) => h.consensus.view, badSignature()))).toBe(false)
    expect(isWaitedFor(vote(() => 1))).toBe(false)
    expect(isWaitedFor((h) => nullifyCertificate(h, h.consensus.view, [0, 1, GONE]))).toBe(true)
  })

  it('cannot be said by anybody else, or again when it is back', () => {
    const h = createHarness()
    leave(h, 1, { signature: badSignature() })
    expect(h.take()).toContainEqual({ type: 'report-peer', peer: 'p', code: 'LEAVING_INVALID' })
    nullifyCertificate(h, 1, [0, 1, GONE])
    nullifyCertificate(h, 2, [0, 1, GONE])
    leave(h, 1)
    expect(votesIn(h, reachLeader(h, GONE))).toEqual([])
    const screen = (at: number, change: Partial<Leaving> = {}) =>
      h.consensus.screen({ type: 'leaving', leaving: leavingOf(h, at, change), from: 'p' })
    expect(screen(1)).toEqual(ignore('STALE'))
    expect(screen(2)).toEqual(ACCEPT)
    leave(h, 2)
    expect(screen(2)).toEqual(ignore('DUPLICATE'))
    expect(screen(h.consensus.view + VIEW_WINDOW + 1)).toEqual(ignore('VIEW_OUT_OF_WINDOW'))
    expect(screen(2, { validator: 4 })).toEqual(reject('LEAVING_UNKNOWN_VALIDATOR'))
  })

  it('a word from long ago says nothing, even of one never heard of', () => {
    const h = createHarness()
    const at = LEAVING_VIEWS_MAX + 2
    const block = h.block(at, h.genesis)
    h.feed({
      type: 'certificate',
      certificate: h.certificate('finalize', at, block.hash, OTHERS),
      from: 'p',
      gossiped: true,
    })
    const screen = (of: number) => h.consensus.screen({ type: 'leaving', leaving: leavingOf(h, of), from: 'p' })
    expect(screen(1)).toEqual(ignore('STALE'))
    expect(screen(2)).toEqual(ACCEPT)
  })

  it('changes nothing for safety: all others gone, nothing is decided by the one that stays', () => {
    const h = createHarness()
    for (const validator of [1, 2, 3]) leave(h, 1, { validator })
    h.wait(1_000)
    expect(h.consensus.view).toBe(1)
    expect(h.consensus.finalizedView).toBe(0)
  })
})

describe('leaving oneself', () => {
  it('is said with the current view, and silence follows', () => {
    const h = createHarness({ self: 0 })
    reachLeader(h, 1)
    const at = h.consensus.view
    h.take()
    h.feed({ type: 'leave' })
    expect(h.take()).toContainEqual({
      type: 'announce-leaving',
      epoch: h.consensus.validators.epoch,
      view: at,
      validator: 0,
    })
    const before = h.signed().length
    h.wait(SILENCE_MS - 1)
    expect(h.consensus.isSilent).toBe(true)
    expect(h.signed()).toHaveLength(before)
    h.wait(1)
    expect(h.consensus.isSilent).toBe(false)
    expect(namesOf(h.signed().slice(before))).toEqual([`nullify ${at}`])
  })

  it('is nothing that a follower or an amnesiac does', () => {
    for (const h of [createHarness({ self: undefined }), createHarness({ start: { isAmnesiac: true } })]) {
      h.take()
      h.feed({ type: 'leave' })
      expect(h.take().filter(({ type }) => type === 'announce-leaving')).toEqual([])
    }
  })
})

describe('after a sleep', () => {
  it('nothing is voted for until there was time to hear; what was decided meanwhile is taken over', () => {
    const h = createHarness()
    const at = reachLeader(h, 1)
    h.take()
    const before = h.signed().length
    h.sleep(SLEEP_GAP_MS + 1)
    // The question of the standstill goes out at once.
    expect(h.take().map(({ type }) => type)).toContain('fetch-certificates')
    const block = h.block(at, h.genesis)
    h.feed({ type: 'certificate', certificate: h.certificate('nullify', at, ZERO_HASH), from: 'p', gossiped: true })
    h.feed({ type: 'proposal', proposal: h.proposal(block), from: 'p' })
    expect(h.consensus.view).toBe(at + 1)
    expect(h.signed()).toHaveLength(before)
    h.wait(SILENCE_MS)
    expect(votesIn(h, at)).toEqual([])
    expect(votesIn(h, at + 1)).toContain(`nullify ${at + 1}`)
  })

  it('a pause that a busy machine makes is no sleep', () => {
    const h = createHarness()
    const at = reachLeader(h, 1)
    h.wait(SLEEP_GAP_MS)
    expect(h.consensus.isSilent).toBe(false)
    expect(votesIn(h, at)).toEqual([`nullify ${at}`])
  })
})
