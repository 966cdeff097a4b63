/** Random histories of validator sets, honest peers and forgers: what holds for all of them. */
import { hashHeader, isSmallChange } from '@cairn/chain'
import type { LightBlock } from '@cairn/chain'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { verifyAttack } from '../src/index.ts'
import {
  EPOCH_MS,
  GENESIS_MS,
  chainOf,
  createWorld,
  genesisTrust,
  keyHex,
  lightBlock,
  setOf,
  validatorOf,
  showing,
  trustedPoint,
  pointAfter,
} from './light-world.ts'
import type { Member, Shown } from './light-world.ts'

const POOL = 12
const memberIds = Array.from({ length: POOL }, (_, id) => id)

/** Weights from small to 2^64 − 1; 0: no member. */
const weight = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0n) },
  { weight: 6, arbitrary: fc.bigInt(1n, 12n) },
  { weight: 1, arbitrary: fc.bigInt(1n << 62n, (1n << 64n) - 1n) },
)
const membership = fc
  .array(weight, { minLength: POOL, maxLength: POOL })
  .map((weights) => weights.flatMap((own, id): Member[] => (own === 0n ? [] : [{ id, weight: own }])))
  .filter((members) => members.length >= 3)

/** What is wanted epoch by epoch, as far as less than a third changes at once: else the set stays. */
const history = fc
  .tuple(membership, fc.array(fc.option(membership, { freq: 3 }), { minLength: 2, maxLength: 24 }))
  .map(([first, wanted]) => {
    const memberships: (readonly Member[])[] = [first]
    for (const want of wanted) {
      const current = memberships.at(-1) as readonly Member[]
      const next = want === null ? current : towards(current, want)
      memberships.push(next)
    }
    return memberships
  })

/** One member after the other, while the change is small. */
function towards(current: readonly Member[], want: readonly Member[]): readonly Member[] {
  let reached = current
  for (const id of memberIds) {
    const own = want.find((member) => member.id === id)
    const next = [...reached.filter((member) => member.id !== id), ...(own === undefined ? [] : [own])]
    const isSmall = next.length > 0 && isSmallChange(current.map(validatorOf), next.map(validatorOf))
    if (isSmall) reached = next
  }
  return reached
}

/** A quorum that leaves out as many as it may, from `start` on. */
function quorumOf(members: readonly Member[], start: number): readonly number[] {
  const order = members.map((_, index) => members[(index + start) % members.length] as Member)
  const total = weightOf(members)
  const signers: number[] = []
  let sum = 0n
  for (const { id, weight: own } of order) {
    if (3n * sum > 2n * total) break
    signers.push(id)
    sum += own
  }
  return signers
}

const chainWithQuorums = (memberships: readonly (readonly Member[])[], seed: number): readonly LightBlock[] =>
  chainOf(memberships, (of) => quorumOf(memberships[of] as readonly Member[], seed + of))

const runs = { seed: 20_261_130, numRuns: 40 } as const

it('an honest chain is followed to its end, nobody blamed, with no more certificates than one by one', () => {
  fc.assert(
    fc.property(history, fc.nat(11), (memberships, seed) => {
      const chain = chainWithQuorums(memberships, seed)
      const last = chain.length - 1
      const world = createWorld({ trusted: genesisTrust((chain[0] as LightBlock).validators) })
      for (let ran = 0; world.client.trusted().validators.epoch <= last; ran++) {
        expect(ran).toBeLessThan(3)
        expect(world.advance({ to: last, peers: { a: showing(chain), b: showing(chain) } })).toMatchObject({
          code: undefined,
          penalized: [],
        })
      }
      expect(trustedPoint(world.client)).toBe(pointAfter(chain[last] as LightBlock))
      expect(world.verifications()).toBeLessThanOrEqual(chain.length)
    }),
    runs,
  )
})

it('a set that stays costs one certificate, whatever the distance', () => {
  fc.assert(
    fc.property(membership, fc.integer({ min: 2, max: 200 }), fc.nat(11), (members, epochs, seed) => {
      const chain = chainWithQuorums(
        Array.from({ length: epochs + 1 }, () => members),
        seed,
      )
      const world = createWorld({ trusted: genesisTrust((chain[0] as LightBlock).validators) })
      expect(world.advance({ to: epochs - 1, peers: { a: showing(chain) } }).code).toBeUndefined()
      expect(world.verifications()).toBe(1)
    }),
    { ...runs, numRuns: 15 },
  )
})

/** How a forger makes its blocks: the coalition's own signatures over sets of its choice, or honest blocks changed. */
const forgery = fc.record({
  from: fc.nat(23),
  signers: fc.uniqueArray(fc.integer({ min: 0, max: POOL - 1 }), { minLength: 2, maxLength: 9 }),
  strangers: fc.integer({ min: 0, max: 3 }),
  keepsSet: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  spoils: fc.oneof(
    { weight: 5, arbitrary: fc.constant('nothing') },
    { weight: 3, arbitrary: fc.constantFrom('signature', 'bitmap', 'time', 'next set', 'height') },
  ),
})
type Forgery = typeof forgery extends fc.Arbitrary<infer Made> ? Made : never

/** Beyond `from` made up; `coalition` and strangers of the forger's sign, and nobody else. */
function forge(
  chain: readonly LightBlock[],
  { from, strangers, keepsSet, spoils }: Forgery,
  coalition: readonly number[],
) {
  const own = [...coalition, ...Array.from({ length: strangers + 1 }, (_, index) => 40 + index)]
  const made = own.map((id) => ({ id, weight: 5n }))
  return chain.map((block, of) => {
    if (of < from % chain.length) return block
    const validators = keepsSet || of === 0 ? block.validators : setOf(of, made)
    const parts = { validators, nextValidators: setOf(of + 1, made), signers: own, salt: 5 }
    if (spoils === 'time') return lightBlock({ ...parts, header: { timeMs: GENESIS_MS + 1e8 } })
    if (spoils === 'height') return lightBlock({ ...parts, header: { height: (block.header.height - 1) as never } })
    const forged = lightBlock(parts)
    if (spoils === 'signature')
      return { ...forged, finalization: { ...forged.finalization, signature: new Uint8Array(96) } }
    if (spoils === 'bitmap') {
      const signers = new Uint8Array(forged.finalization.signers.length).fill(255)
      return { ...forged, finalization: { ...forged.finalization, signers } }
    }
    return spoils === 'next set' ? { ...forged, nextValidators: block.nextValidators } : forged
  })
}

/** Of the wanted ones, as many as stay within `isWithin` of every set that there has been. */
function coalitionOf(
  wanted: readonly number[],
  memberships: readonly (readonly Member[])[],
  isWithin: (weight: bigint, total: bigint) => boolean,
): readonly number[] {
  let coalition: readonly number[] = []
  for (const id of wanted) {
    const next = [...coalition, id]
    const fits = memberships.every((members) => {
      const own = members.filter((member) => next.includes(member.id))
      return isWithin(weightOf(own), weightOf(members))
    })
    if (fits) coalition = next
  }
  return coalition
}

const weightOf = (members: readonly Member[]): bigint => members.reduce((sum, { weight: own }) => sum + own, 0n)

const atMostThird = (sum: bigint, total: bigint): boolean => 3n * sum <= total

it('with at most a third of every set nobody makes a client trust what is not the chain, though it asks nobody else', () => {
  fc.assert(
    fc.property(history, forgery, fc.nat(11), (memberships, made, seed) => {
      const chain = chainWithQuorums(memberships, seed)
      const coalition = coalitionOf(made.signers, memberships, atMostThird)
      const forged = forge(chain, made, coalition)
      const last = chain.length - 1
      const world = createWorld({ trusted: genesisTrust((chain[0] as LightBlock).validators) })
      const nowMs = GENESIS_MS + (last + 2) * EPOCH_MS
      for (const to of [last, made.from % chain.length, Math.floor(last / 2)]) {
        const ran = world.advance({ to, peers: { forger: showing(forged) }, nowMs })
        for (const effect of ran.effects) {
          if (effect.type !== 'trust') continue
          const { header } = effect.block
          expect(hashHeader(header)).toBe(hashHeader((chain[header.epoch] as LightBlock).header))
        }
      }
    }),
    runs,
  )
})

it('whatever a coalition below two thirds shows, beside one honest peer nothing false is trusted, and proofs name only it', () => {
  let attacks = 0
  fc.assert(
    fc.property(history, forgery, fc.nat(11), fc.boolean(), (memberships, made, seed, isFirst) => {
      const chain = chainWithQuorums(memberships, seed)
      const coalition = coalitionOf(made.signers, memberships, (sum, total) => 3n * sum < 2n * total)
      const forger: Shown = showing(forge(chain, made, coalition))
      const last = chain.length - 1
      const world = createWorld({ trusted: genesisTrust((chain[0] as LightBlock).validators) })
      const honest = showing(chain)
      const peers = isFirst ? { forger, honest } : { honest, forger }
      const ran = world.advance({ to: last, peers })
      expect(ran.penalized.filter((line) => !line.startsWith('forger '))).toEqual([])
      for (const effect of ran.effects) {
        if (effect.type === 'trust') {
          const { header } = effect.block
          expect(hashHeader(header)).toBe(hashHeader((chain[header.epoch] as LightBlock).header))
        }
        if (effect.type !== 'attack') continue
        attacks += 1
        const verdict = verifyAttack(effect.proof, world.rules)
        if (verdict.verdict !== 'accept') throw new Error(verdict.code)
        const keys = coalition.map(keyHex)
        expect(verdict.offenders.filter((key) => !keys.includes(key))).toEqual([])
        expect(verdict.offenders.length).toBeGreaterThan(0)
      }
    }),
    { ...runs, numRuns: 80 },
  )
  // Attacks that find no victim prove nothing about proofs.
  expect(attacks).toBeGreaterThan(5)
})
