/** R6: certificates from votes, in any order and from any sender. */
import { ZERO_HASH } from '@cairn/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { badSignature, createHarness } from './harness.ts'

describe('R6: certificates', () => {
  it('assembles one from votes in any order, of any weights, exactly at the quorum', () => {
    const weightsArbitrary = fc.array(fc.bigInt({ min: 1n, max: 1_000n }), { minLength: 4, maxLength: 12 })
    const property = fc.property(weightsArbitrary, fc.integer(), (weights, seed) => {
      const h = createHarness({ weights, self: undefined })
      const order = shuffled(
        weights.map((_, index) => index),
        seed,
      )
      const total = weights.reduce((sum, weight) => sum + weight, 0n)
      const quorum = (2n * total) / 3n + 1n
      let weight = 0n
      for (const validator of order) {
        h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, validator), from: `p${validator}` })
        h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, validator), from: 'again' })
        weight += weights[validator] ?? 0n
        expect(h.consensus.view > 1).toBe(weight >= quorum)
      }
      expect(h.take().filter((effect) => effect.type === 'broadcast-certificate')).toHaveLength(1)
    })
    fc.assert(property, { seed: 1, numRuns: 100 })
  })

  it('finds bad votes of a failed aggregate, blames their senders, and goes on with the rest', () => {
    const h = createHarness({ self: undefined, nodes: 7 })
    for (let validator = 0; validator < 7; validator++) {
      const signature = validator === 2 ? badSignature() : undefined
      h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, validator, signature), from: `p${validator}` })
    }
    expect(h.consensus.view).toBe(2)
    const reports = h.take().filter((effect) => effect.type === 'report-peer')
    expect(reports).toEqual([{ type: 'report-peer', peer: 'p2', code: 'VOTE_SIGNATURE_INVALID' }])
  })

  it('does not let an invalid signature displace a valid vote, in either order', () => {
    for (const isBadFirst of [true, false]) {
      const h = createHarness({ self: undefined })
      const bad = { type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, 0, badSignature()), from: 'liar' } as const
      const good = { type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, 0), from: 'p' } as const
      h.feed(...(isBadFirst ? [bad, good] : [good, bad]))
      for (const validator of [1, 2]) {
        h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, validator), from: 'p' })
      }
      expect(h.consensus.view).toBe(2)
    }
  })

  it('counts a signer once, whatever it repeats', () => {
    const h = createHarness({ self: undefined })
    for (let time = 0; time < 9; time++) {
      h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, time % 2), from: 'p' })
    }
    expect(h.take().some((effect) => effect.type === 'verify')).toBe(false)
  })

  it('refuses sub-quorum, padded and over-long bitmaps without a verification', () => {
    const h = createHarness({ self: undefined })
    const good = h.certificate('nullify', 1, ZERO_HASH)
    const signers = [h.certificate('nullify', 1, ZERO_HASH, [0, 1]).signers, Uint8Array.of(0x1f), Uint8Array.of(15, 0)]
    for (const each of signers) {
      const certificate = { ...good, signers: each }
      expect(h.consensus.screen({ type: 'certificate', certificate, from: 'p', gossiped: true }).verdict).toBe('reject')
      h.feed({ type: 'certificate', certificate, from: 'liar', gossiped: true })
    }
    const types = h.take().map((effect) => effect.type)
    expect(types.filter((type) => type === 'report-peer')).toHaveLength(3)
    expect(types).not.toContain('verify')
  })

  it('tries a waiting certificate when the first one was bad', () => {
    const h = createHarness({ self: undefined, manual: ['verify'] })
    const certificate = h.certificate('nullify', 1, ZERO_HASH)
    h.feed({
      type: 'certificate',
      certificate: { ...certificate, signature: badSignature() },
      from: 'liar',
      gossiped: true,
    })
    h.feed({ type: 'certificate', certificate, from: 'p', gossiped: true })
    const [first, ...rest] = h.take().filter((effect) => effect.type === 'verify')
    expect(rest).toEqual([])
    h.feed({ type: 'verified', id: first?.id ?? 0, result: { kind: 'certificate', isValid: false } })
    const [second] = h.take().filter((effect) => effect.type === 'verify')
    h.feed({ type: 'verified', id: second?.id ?? 0, result: { kind: 'certificate', isValid: true } })
    expect(h.consensus.view).toBe(2)
  })

  it('keeps votes of views up to the window only', () => {
    const h = createHarness({ self: undefined })
    for (const [at, verdict] of [
      [33, 'accept'],
      [34, 'ignore'],
      [1_000_000, 'ignore'],
    ] as const) {
      const vote = h.vote('nullify', at, ZERO_HASH, 0)
      expect(h.consensus.screen({ type: 'vote', vote, from: 'p' }).verdict).toBe(verdict)
    }
    const stranger = h.vote('nullify', 1, ZERO_HASH, 4)
    expect(h.consensus.screen({ type: 'vote', vote: stranger, from: 'p' }).verdict).toBe('reject')
  })

  it('reports the pairs that are slashable, once each, and no other pair', () => {
    const h = createHarness({ self: undefined })
    const [a, b] = [h.block(1, h.genesis).hash, h.block(1, h.genesis, { timeMs: h.genesis.header.timeMs + 99 }).hash]
    const other = new Uint8Array(96).fill(99)
    const pairs = [
      { validator: 0, votes: [h.vote('notarize', 1, a, 0), h.vote('notarize', 1, b, 0, other)], isSlashable: true },
      { validator: 1, votes: [h.vote('nullify', 1, a, 1), h.vote('finalize', 1, a, 1, other)], isSlashable: true },
      { validator: 2, votes: [h.vote('finalize', 1, a, 2), h.vote('finalize', 1, b, 2, other)], isSlashable: true },
      { validator: 3, votes: [h.vote('notarize', 1, a, 3), h.vote('nullify', 1, a, 3)], isSlashable: false },
      { validator: 3, votes: [h.vote('notarize', 2, a, 3), h.vote('finalize', 2, b, 3)], isSlashable: false },
    ]
    for (const { votes, isSlashable } of pairs) {
      h.take()
      for (const vote of [...votes, ...votes]) h.feed({ type: 'vote', vote, from: 'p' })
      const evidence = h.take().filter((effect) => effect.type === 'broadcast-evidence')
      expect(evidence).toHaveLength(isSlashable ? 1 : 0)
    }
  })
})

describe('a whole committee', () => {
  it('costs a bounded number of effects per vote at n = 200', () => {
    const h = createHarness({ self: undefined, nodes: 200 })
    h.take()
    let verifications = 0
    for (let validator = 0; validator < 200; validator++) {
      h.feed({ type: 'vote', vote: h.vote('nullify', 1, ZERO_HASH, validator), from: 'p' })
      verifications += h.take().filter((effect) => effect.type === 'verify').length
    }
    expect(verifications).toBe(1)
  })
})

function shuffled(items: readonly number[], seed: number): readonly number[] {
  const keyed = items.map((item) => ({ item, key: Math.imul(item + 1, seed | 1) ^ (seed >>> 7) }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item)
}
