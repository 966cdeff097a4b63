/** The update rules one by one: what is trusted, what is refused, and what it costs. */
import { hashHeader } from '@cairn/chain'
import type { LightBlock } from '@cairn/chain'
import { epoch, height } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import {
  EPOCH_MS,
  GENESIS_MS,
  chainOf,
  createWorld,
  equal,
  genesisTrust,
  lightBlock,
  setOf,
  showing,
  trustedPoint,
  pointAfter,
} from './light-world.ts'
import type { Member, Shown } from './light-world.ts'

const FOUR = equal([1, 2, 3, 4])
const stable = chainOf(Array.from({ length: 101 }, () => FOUR))
const first = stable[0] as LightBlock
const at = (of: number): LightBlock => stable[of] as LightBlock
const world = (options: Partial<Parameters<typeof createWorld>[0]> = {}): ReturnType<typeof createWorld> =>
  createWorld({ trusted: genesisTrust(first.validators), ...options })

describe('an epoch after the other', () => {
  it('is trusted by the certificate of the trusted set, and the next set by the hash in the header', () => {
    const { client, advance, verifications } = world()
    expect(advance({ to: 0, peers: { a: showing(stable) } }).code).toBeUndefined()
    expect(client.trusted().validators).toEqual(at(1).validators)
    expect(verifications()).toBe(1)
    expect(advance({ to: 1, peers: { a: showing(stable) } }).code).toBeUndefined()
    expect(trustedPoint(client)).toBe(pointAfter(at(1)))
  })

  it('does nothing when the peer is not further', () => {
    const { advance, verifications } = world()
    advance({ to: 5, peers: { a: showing(stable) } })
    const again = advance({ to: 5, peers: { a: showing(stable) } })
    expect(again).toMatchObject({ requests: 0, code: undefined, penalized: [] })
    expect(verifications()).toBe(1)
  })
})

describe('skipping', () => {
  it('takes one certificate for a hundred epochs of a set that stays', () => {
    const { client, advance, verifications } = world()
    const ran = advance({ to: 99, peers: { a: showing(stable) } })
    expect(ran).toMatchObject({ requests: 1, code: undefined, penalized: [] })
    expect(verifications()).toBe(1)
    expect(trustedPoint(client)).toBe(pointAfter(at(99)))
  })

  it.each([
    ['exactly a third of the trusted weight', equal([1, 2, 3]), equal([1, 7, 8]), true],
    ['more than a third', equal([1, 2, 3]), equal([1, 2, 8]), false],
    [
      'a third of weights that overflow a double and 64 bits in sum',
      [1, 2, 3].map((id) => ({ id, weight: (1n << 64n) - 1n })),
      [1, 7, 8].map((id) => ({ id, weight: (1n << 64n) - 1n })),
      true,
    ],
    [
      'one unit of weight more than a third',
      [
        { id: 1, weight: (1n << 62n) + 1n },
        { id: 2, weight: 1n << 62n },
        { id: 3, weight: 1n << 62n },
      ],
      equal([1, 7, 8]),
      false,
    ],
  ] satisfies [string, readonly Member[], readonly Member[], boolean][])(
    'needs more than a third of the trusted weight: %s',
    (_name, before, after, needsMore) => {
      const chain = chainOf([before, before, after, after, after])
      const { advance, client } = world({ trusted: genesisTrust((chain[0] as LightBlock).validators) })
      const ran = advance({ to: 3, peers: { a: showing(chain) } })
      expect(ran.code).toBeUndefined()
      expect(ran.requests > 1).toBe(needsMore)
      expect(trustedPoint(client)).toBe(pointAfter(chain[3] as LightBlock))
    },
  )

  it('counts who has signed, not who is a member', () => {
    const signers = (of: number): readonly number[] | undefined => (of === 2 ? [7, 8, 9, 10, 11] : undefined)
    const before = equal([1, 2, 3, 4])
    const after = equal([1, 2, 7, 8, 9, 10, 11])
    const chain = chainOf([before, before, after, after], signers)
    const { advance } = world({ trusted: genesisTrust((chain[0] as LightBlock).validators) })
    expect(advance({ to: 2, peers: { a: showing(chain) } }).requests).toBe(2)
  })

  it('walks where a signer has not proved that it has its key', () => {
    const chain = chainOf([FOUR, FOUR, equal([1, 2, 3, 50]), equal([1, 2, 3, 50]), equal([1, 2, 3, 50])])
    const { advance } = world({ proven: [1, 2, 3, 4], trusted: genesisTrust((chain[0] as LightBlock).validators) })
    const ran = advance({ to: 3, peers: { a: showing(chain) } })
    expect(ran.code).toBeUndefined()
    expect(ran.requests).toBeGreaterThan(1)
  })

  it('bisects on epoch ends where the set turns over, in few more than the turnover needs', () => {
    const memberships = Array.from({ length: 201 }, (_, of) =>
      equal([0, 1, 2, 3].map((slot) => slot + Math.floor(of / 8))),
    )
    const chain = chainOf(memberships)
    const { advance, client, verifications } = world({ trusted: genesisTrust((chain[0] as LightBlock).validators) })
    let requests = 0
    for (let runs = 0; client.trusted().validators.epoch < 200; runs++) {
      expect(runs).toBeLessThan(5)
      const ran = advance({ to: 199, peers: { a: showing(chain) } })
      expect(ran).toMatchObject({ code: undefined, penalized: [] })
      requests += ran.requests
    }
    expect(verifications()).toBeLessThan(30)
    expect(requests).toBeLessThan(70)
  })
})

describe('time', () => {
  const late = GENESIS_MS + 1_000_001
  it('refuses to go on from what is older than the trusting period', () => {
    const { advance, client } = world({ trustingPeriodMs: 1_000_000 })
    const ran = advance({ to: 50, peers: { a: showing(stable) }, nowMs: late })
    expect(ran).toMatchObject({ code: 'LIGHT_TRUST_EXPIRED', requests: 0, penalized: [] })
    expect(client.trusted().validators.epoch).toBe(0)
    const fresh = world({ trustingPeriodMs: 1_000_000 })
    expect(fresh.advance({ to: 50, peers: { a: showing(stable) }, nowMs: late - 1 }).code).toBeUndefined()
  })

  it('counts from when somebody trusted has vouched', () => {
    const trusted = { ...genesisTrust(first.validators), trustedAtMs: late - 1_000 }
    const { advance } = world({ trusted, trustingPeriodMs: 1_000_000 })
    expect(advance({ to: 50, peers: { a: showing(stable) }, nowMs: late }).code).toBeUndefined()
  })

  it('is that of the anchor for a chain that has stood still since: its validators are still bonded', () => {
    const trusted = { ...genesisTrust(first.validators), trustedAtMs: late }
    const { advance, client } = world({ trusted, trustingPeriodMs: 100_000 })
    expect(advance({ to: 5, peers: { a: showing(stable) }, nowMs: late }).code).toBeUndefined()
    expect(client.trusted().trustedAtMs).toBe(late)
    expect(advance({ to: 7, peers: { a: showing(stable) }, nowMs: late + 100_000 }).code).toBeUndefined()
    expect(advance({ to: 9, peers: { a: showing(stable) }, nowMs: late + 100_001 }).code).toBe('LIGHT_TRUST_EXPIRED')
  })

  it('counts from the newest block that the trusted validators have finalized, and not from one that comes too late', () => {
    const period = 1_000_000
    const ofFirst = (timeMs: number) => ({ type: 'finalized', header: { epoch: epoch(0), timeMs } }) as const
    const { client } = world({ trustingPeriodMs: period })
    const trustedAt = (): number => client.trusted().trustedAtMs
    expect(client.handle(ofFirst(GENESIS_MS + 500), GENESIS_MS + 600)).toEqual([])
    expect(trustedAt()).toBe(GENESIS_MS + 500)
    client.handle(ofFirst(GENESIS_MS + 400), GENESIS_MS + 600)
    expect(trustedAt()).toBe(GENESIS_MS + 500)
    client.handle(ofFirst(GENESIS_MS + 5_601), GENESIS_MS + 600)
    expect(trustedAt()).toBe(GENESIS_MS + 500)
    client.handle({ type: 'finalized', header: { epoch: epoch(1), timeMs: GENESIS_MS + 600 } }, GENESIS_MS + 600)
    expect(trustedAt()).toBe(GENESIS_MS + 500)
    client.handle(ofFirst(GENESIS_MS + period), GENESIS_MS + 500 + period)
    expect(trustedAt()).toBe(GENESIS_MS + period)
    const expired = GENESIS_MS + 2 * period + 1
    client.handle(ofFirst(expired), expired)
    expect(trustedAt()).toBe(GENESIS_MS + period)
  })

  it('refuses a header from the future, and blames nobody: the own clock may be wrong', () => {
    const { advance, client } = world()
    const nowMs = GENESIS_MS + 51 * EPOCH_MS - 5_001
    expect(advance({ to: 50, peers: { a: showing(stable) }, nowMs })).toMatchObject({
      code: 'LIGHT_FROM_FUTURE',
      penalized: [],
    })
    expect(advance({ to: 50, peers: { a: showing(stable) }, nowMs: nowMs + 1 }).code).toBeUndefined()
    expect(client.trusted().validators.epoch).toBe(51)
  })
})

describe('a checkpoint', () => {
  const checkpoint = { epoch: epoch(40), hash: hashHeader(at(40).header) }
  it('is reached by certificates, whatever the age of genesis, and gone on from', () => {
    const { advance, client } = world({ checkpoint, trustingPeriodMs: 200_000 })
    const ran = advance({ to: 50, peers: { a: showing(stable) } })
    expect(ran).toMatchObject({ code: undefined, requests: 2 })
    expect(client.trusted().validators.epoch).toBe(51)
  })

  it('that is itself too old is refused', () => {
    const { advance, client } = world({ checkpoint, trustingPeriodMs: 50_000 })
    expect(advance({ to: 50, peers: { a: showing(stable) } }).code).toBe('CHECKPOINT_TOO_OLD')
    expect(client.trusted().validators.epoch).toBe(0)
  })

  it('refuses every chain that does not go through it, even a signed one', () => {
    const other = stable.map(({ validators, nextValidators }) => lightBlock({ validators, nextValidators, salt: 1 }))
    const { advance } = world({ checkpoint })
    expect(advance({ to: 50, peers: { a: showing(other) } })).toMatchObject({
      code: 'LIGHT_CHECKPOINT_CONTRADICTED',
      penalized: ['a LIGHT_CHECKPOINT_CONTRADICTED'],
    })
    expect(advance({ to: 39, peers: { a: showing(stable) } })).toMatchObject({
      code: 'LIGHT_PEER_BEHIND',
      penalized: [],
    })
  })
})

describe('a peer that shows nonsense', () => {
  const forged =
    (change: (block: LightBlock) => LightBlock): Shown =>
    (of) =>
      change(at(of))
  const resigned = (change: Partial<LightBlock['header']>): Shown =>
    forged(({ validators, nextValidators }) => lightBlock({ validators, nextValidators, header: change }))
  const cases: readonly [string, Shown, string, boolean][] = [
    ['bytes', () => Uint8Array.of(0xc1, 0x80), 'LIGHT_MALFORMED', true],
    ['another epoch than asked for', () => at(7), 'LIGHT_MALFORMED', true],
    ['nothing', () => 'none', 'LIGHT_MISSING', false],
    ['no answer', () => undefined, 'LIGHT_MISSING', false],
    ['a header of another chain', resigned({ chainId: 1 }), 'LIGHT_WRONG_CHAIN', true],
    ['a block that ends no epoch', resigned({ height: height(502) }), 'LIGHT_WRONG_CHAIN', true],
    ['a time before what is trusted', resigned({ timeMs: GENESIS_MS }), 'LIGHT_NOT_LATER', true],
    [
      'too few signers',
      forged(({ validators, nextValidators }) => lightBlock({ validators, nextValidators, signers: [1, 2] })),
      'LIGHT_BELOW_QUORUM',
      true,
    ],
    [
      'a signature of something else',
      forged((block) => ({ ...block, finalization: { ...block.finalization, signature: new Uint8Array(96) } })),
      'LIGHT_BAD_CERTIFICATE',
      true,
    ],
    [
      'a bitmap of another length',
      forged((block) => ({ ...block, finalization: { ...block.finalization, signers: Uint8Array.of(15, 0) } })),
      'LIGHT_BAD_CERTIFICATE',
      true,
    ],
    [
      'padding bits in the bitmap',
      forged((block) => ({ ...block, finalization: { ...block.finalization, signers: Uint8Array.of(0xff) } })),
      'LIGHT_BAD_CERTIFICATE',
      true,
    ],
  ]
  it.each(cases)('%s', (_name, shown, code, isBlamed) => {
    const { advance, client } = world()
    const ran = advance({ to: 50, peers: { a: shown } })
    expect(ran.code).toBe(code)
    expect(ran.penalized).toEqual(isBlamed ? [`a ${code}`] : [])
    expect(client.trusted().validators.epoch).toBe(0)
  })

  it('another set for the trusted epoch itself', () => {
    const set = setOf(0, equal([5, 6, 7]))
    const { advance } = world()
    const shown: Shown = () => lightBlock({ validators: set, nextValidators: at(1).validators })
    expect(advance({ to: 0, peers: { a: shown } })).toMatchObject({
      code: 'LIGHT_WRONG_SET',
      penalized: ['a LIGHT_WRONG_SET'],
    })
  })

  it('a chain that never has enough of the trusted weight costs a halving each and no verification', () => {
    const strangers = chainOf(Array.from({ length: 1_001 }, () => equal([20, 21, 22])))
    const { advance, verifications } = world()
    const ran = advance({ to: 999, peers: { a: showing(strangers) } })
    expect(ran.code).toBe('LIGHT_WRONG_SET')
    expect(ran.requests).toBeLessThan(12)
    expect(verifications()).toBe(0)
  })

  it('is not listened to about anything that was not asked', () => {
    const { client } = world()
    expect(client.handle({ type: 'response', requestId: 1, data: new Uint8Array(0) }, 0)).toEqual([])
    expect(client.handle({ type: 'request-failed', requestId: 7 }, 0)).toEqual([])
    const input = { type: 'advance', peer: 'a', epoch: epoch(5), witnesses: [] } as const
    expect(client.handle(input, GENESIS_MS)).toHaveLength(1)
    expect(client.handle(input, GENESIS_MS)).toEqual([])
    expect(client.handle({ type: 'request-failed', requestId: 2 }, GENESIS_MS)).toEqual([])
  })
})
