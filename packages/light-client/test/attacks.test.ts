/** Attacks with real weight behind them: each is refused or ends in a proof that names who did it (reliability.md 9). */
import { verifyEvidence } from '@cairn/chain'
import type { LightBlock } from '@cairn/chain'
import { describe, expect, it } from 'vitest'
import { verifyAttack } from '../src/index.ts'
import type { AttackProof } from '../src/index.ts'
import {
  GENESIS_HASH,
  chainOf,
  createFakeKeys,
  createWorld,
  equal,
  genesisTrust,
  keyHex,
  lightBlock,
  setOf,
  showing,
  trustedPoint,
  pointAfter,
} from './light-world.ts'
import type { Ran } from './light-world.ts'

const MEMBERS = equal([1, 2, 3, 4, 5, 6])
const honest = chainOf(Array.from({ length: 41 }, () => MEMBERS))
const at = (of: number): LightBlock => honest[of] as LightBlock
const world = (): ReturnType<typeof createWorld> => createWorld({ trusted: genesisTrust(at(0).validators) })
const attacksOf = (ran: Ran): readonly AttackProof[] =>
  ran.effects.flatMap((effect) => (effect.type === 'attack' ? [effect.proof] : []))
const pointAt = (of: number): string => pointAfter(at(of))

/** From `from` on made up: the coalition and keys of its own sign whatever there is, over a set that nobody has derived. */
function lunaticChain(from: number, coalition: readonly number[]): readonly LightBlock[] {
  const made = [...coalition, 31, 32]
  return honest.map((block, of) => {
    if (of < from) return block
    const validators = setOf(of, equal(made))
    return lightBlock({ validators, nextValidators: setOf(of + 1, equal(made)), salt: 7 })
  })
}

/** A real fork: the set itself has finalized another block at `from`, with another next set. */
function forkedChain(from: number, signers: readonly number[], view: number): readonly LightBlock[] {
  const sets = honest.map(({ validators }, of) => (of <= from ? validators : setOf(of, MEMBERS)))
  return honest.map((block, of) => {
    if (of < from) return block
    const parts = { validators: sets[of] as LightBlock['validators'], nextValidators: setOf(of + 1, MEMBERS), salt: 9 }
    return lightBlock({ ...parts, view, signers: of === from ? signers : undefined })
  })
}

describe('a lunatic: more than a third of the trusted weight signs a chain of made-up sets', () => {
  const lunatic = lunaticChain(20, [1, 2, 3])

  it('is believed by a client that asks nobody else: what the witnesses are for', () => {
    const { advance, client } = world()
    expect(advance({ to: 39, peers: { lunatic: showing(lunatic) } }).code).toBeUndefined()
    expect(trustedPoint(client)).not.toBe(pointAt(39))
  })

  it.each([
    ['it was asked first', ['lunatic', 'honest']],
    ['it is the witness', ['honest', 'lunatic']],
  ])('is found out, punished and proved, and the honest chain trusted: %s', (_name, order) => {
    const { advance, client, rules } = world()
    const shown = { lunatic: showing(lunatic), honest: showing(honest) } as const
    const peers = Object.fromEntries(order.map((peer) => [peer, shown[peer as keyof typeof shown]]))
    const ran = advance({ to: 39, peers })
    expect(ran.code).toBeUndefined()
    expect(ran.penalized).toEqual(['lunatic LIGHT_LUNATIC'])
    expect(trustedPoint(client)).toBe(pointAt(39))
    const [proof] = attacksOf(ran)
    expect(proof?.kind).toBe('lunatic')
    expect(proof?.common.hash).toBe(at(0).validators.hash)
    expect(verifyAttack(proof as AttackProof, rules)).toEqual({
      verdict: 'accept',
      offenders: [1, 2, 3].map(keyHex),
      evidence: undefined,
    })
  })

  it('costs the honest client few requests more', () => {
    const ran = world().advance({ to: 39, peers: { lunatic: showing(lunatic), honest: showing(honest) } })
    expect(ran.requests).toBeLessThan(20)
  })

  it('with exactly a third it cannot skip, and cannot walk', () => {
    const { advance, client, verifications } = world()
    const ran = advance({ to: 39, peers: { lunatic: showing(lunaticChain(0, [1, 2])) } })
    expect(ran.code).toBe('LIGHT_WRONG_SET')
    expect(ran.penalized).toEqual(['lunatic LIGHT_WRONG_SET'])
    expect(client.trusted().validators.epoch).toBe(0)
    expect(verifications()).toBe(0)
  })

  it('among two witnesses, of whom one is lunatic too, is still found out', () => {
    const { advance, client } = world()
    const peers = { a: showing(lunatic), b: showing(lunatic), c: showing(honest) }
    const ran = advance({ to: 39, peers })
    expect(ran.code).toBeUndefined()
    expect(ran.penalized).toEqual(['a LIGHT_LUNATIC'])
    expect(trustedPoint(client)).toBe(pointAt(39))
  })
})

describe('a fork: two thirds and more have finalized two blocks', () => {
  const cases = [
    ['equivocation', 'in one view', 9],
    ['amnesia', 'in two views, so that no two messages of a signer contradict each other', 11],
  ] as const
  it.each(cases)('%s: %s', (kind, _name, view) => {
    const { advance, client, rules } = world()
    const fork = forkedChain(13, [2, 3, 4, 5, 6], view)
    const ran = advance({ to: 39, peers: { a: showing(fork), b: showing(honest) } })
    expect(ran.code).toBe('LIGHT_FORKED')
    expect(ran.penalized).toEqual([])
    expect(client.trusted().validators.epoch).toBe(0)
    const [proof] = attacksOf(ran)
    expect(proof?.kind).toBe(kind)
    expect(proof?.block.header.epoch).toBe(13)
    expect(proof?.common.hash).toBe(at(13).validators.hash)
    const verdict = verifyAttack(proof as AttackProof, rules)
    expect(verdict).toMatchObject({ verdict: 'accept', offenders: [2, 3, 4, 5, 6].map(keyHex) })
    if (verdict.verdict !== 'accept') return
    expect(verdict.evidence !== undefined).toBe(kind === 'equivocation')
    if (verdict.evidence === undefined) return
    const set = at(13).validators
    const slashable = verifyEvidence(verdict.evidence, set, createFakeKeys().keysOf(set), GENESIS_HASH)
    expect(slashable).toEqual({ verdict: 'accept', offenders: [1, 2, 3, 4, 5] })
  })

  it('ends all trust in this chain: nothing is followed any further', () => {
    const { advance, client } = world()
    advance({ to: 39, peers: { a: showing(forkedChain(13, [2, 3, 4, 5, 6], 9)), b: showing(honest) } })
    expect(advance({ to: 12, peers: { b: showing(honest) } })).toMatchObject({ code: 'LIGHT_FORKED', requests: 0 })
    expect(client.trusted().validators.epoch).toBe(0)
  })

  it('is undecided while a side does not show what would decide it, and nothing is trusted', () => {
    const { advance, client } = world()
    const fork = forkedChain(13, [2, 3, 4, 5, 6], 9)
    const mute = (of: number): LightBlock | undefined => (of === 39 ? fork[39] : undefined)
    const ran = advance({ to: 39, peers: { a: mute, b: showing(honest) } })
    expect(ran).toMatchObject({ code: 'LIGHT_UNRESOLVED', penalized: [] })
    expect(client.trusted().validators.epoch).toBe(0)
    expect(advance({ to: 39, peers: { b: showing(honest) } }).code).toBeUndefined()
  })
})

describe('witnesses', () => {
  it('that agree are counted, and no more asked than are needed', () => {
    const shown = showing(honest)
    const ran = world().advance({ to: 39, peers: { a: shown, b: shown, c: shown, d: shown } })
    expect(ran.requests).toBe(3)
    expect(ran.effects).toContainEqual(expect.objectContaining({ type: 'trust', witnesses: 2 }))
  })

  it('that show an invalid certificate are dropped and punished', () => {
    const unsigned = honest.map(({ validators, nextValidators }) =>
      lightBlock({ validators, nextValidators, salt: 3, signers: [1, 2, 3] }),
    )
    const { advance, client } = world()
    const ran = advance({ to: 39, peers: { a: showing(honest), liar: showing(unsigned), c: showing(honest) } })
    expect(ran).toMatchObject({ code: undefined, penalized: ['liar LIGHT_BELOW_QUORUM'] })
    expect(ran.effects).toContainEqual(expect.objectContaining({ type: 'trust', witnesses: 1 }))
    expect(trustedPoint(client)).toBe(pointAt(39))
  })

  const away = (): undefined => undefined
  const behind = (): 'none' => 'none'

  it('that are away or behind are passed over, as long as one agrees', () => {
    const { advance } = world()
    const ran = advance({ to: 39, peers: { a: showing(honest), away, behind, c: showing(honest) } })
    expect(ran).toMatchObject({ code: undefined, penalized: [] })
    expect(ran.effects).toContainEqual(expect.objectContaining({ type: 'trust', witnesses: 1 }))
  })

  it('are needed where there are any: nothing is taken on the word of one peer', () => {
    const { advance, client } = world()
    expect(advance({ to: 39, peers: { a: showing(honest), away, behind } })).toMatchObject({
      code: 'LIGHT_NO_WITNESS',
      penalized: [],
    })
    expect(client.trusted().validators.epoch).toBe(0)
    // Of a lunatic nothing is believed either, whose witnesses it keeps from answering.
    const lunatic = lunaticChain(20, [1, 2, 3])
    expect(advance({ to: 39, peers: { lunatic: showing(lunatic), away } }).code).toBe('LIGHT_NO_WITNESS')
    expect(advance({ to: 39, peers: { a: showing(honest), c: showing(honest) } }).code).toBeUndefined()
    expect(trustedPoint(client)).toBe(pointAt(39))
  })

  it('are not waited for where all of them have lied, or the client does not want any', () => {
    const forged = honest.map(({ validators, nextValidators }) =>
      lightBlock({ validators, nextValidators, salt: 3, signers: [1, 2, 3] }),
    )
    expect(world().advance({ to: 39, peers: { a: showing(honest), liar: showing(forged) } }).code).toBeUndefined()
    const alone = createWorld({ trusted: genesisTrust(at(0).validators), witnessesMin: 0 })
    expect(alone.advance({ to: 39, peers: { a: showing(honest), away } }).code).toBeUndefined()
  })
})

describe('a proof', () => {
  const { rules } = world()
  const fork = forkedChain(13, [2, 3, 4, 5, 6], 9)
  const good: AttackProof = {
    kind: 'equivocation',
    common: at(13).validators,
    block: at(13),
    other: fork[13] as LightBlock,
  }
  const lunatic = lunaticChain(20, [1, 2, 3])[39] as LightBlock
  const cases: readonly [string, AttackProof, string][] = [
    ['of one block twice', { ...good, other: good.block }, 'ATTACK_NO_CONFLICT'],
    ['of two epochs', { ...good, other: at(14) }, 'ATTACK_NO_CONFLICT'],
    ['that calls a fork something else', { ...good, kind: 'amnesia' }, 'ATTACK_WRONG_KIND'],
    ['that calls a fork lunatic', { ...good, kind: 'lunatic' }, 'ATTACK_WRONG_KIND'],
    ['with another common set', { ...good, common: at(12).validators }, 'ATTACK_WRONG_KIND'],
    [
      'without a signature',
      {
        ...good,
        block: { ...good.block, finalization: { ...good.block.finalization, signature: new Uint8Array(96) } },
      },
      'ATTACK_NOT_FINALIZED',
    ],
    [
      'against a set of which too few have signed',
      { kind: 'lunatic', common: setOf(0, equal([1, 50, 51])), block: lunatic, other: at(39) },
      'ATTACK_NOT_COMMON',
    ],
  ]
  it.each(cases)('%s is none', (_name, proof, code) => {
    expect(verifyAttack(proof, rules)).toEqual({ verdict: 'reject', code })
  })
})
