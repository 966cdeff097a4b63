/** What a light client tells full nodes of an attack: one bounded encoding, and nobody accused by it who has not signed. */
import { decodeAttackReport, encodeAttackReport } from '@cairn/chain'
import type { AttackReport, LightBlock } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import { epoch } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import { attackFromReport, attackReport, verifyAttack } from '../src/index.ts'
import type { AttackProof, KnownChain } from '../src/index.ts'
import { chainOf, createWorld, equal, genesisTrust, keyHex, lightBlock, setOf } from './light-world.ts'

const MEMBERS = equal([1, 2, 3, 4, 5, 6])
const honest = chainOf(Array.from({ length: 8 }, () => MEMBERS))
const at = (of: number): LightBlock => honest[of] as LightBlock
const { rules } = createWorld({ trusted: genesisTrust(at(0).validators) })
const ownChain: KnownChain = { setOf: (of) => honest[of]?.validators, endOf: (of) => honest[of] }

/** The set of epoch 3 has finalized another end of it. */
const fork = (view: number): LightBlock =>
  lightBlock({
    validators: at(3).validators,
    nextValidators: setOf(4, MEMBERS),
    salt: 9,
    view,
    signers: [2, 3, 4, 5, 6],
  })
/** Three of six sign the end of an epoch with validators of their own. */
const made = [1, 2, 3, 31, 32]
const lunatic = lightBlock({ validators: setOf(5, equal(made)), nextValidators: setOf(6, equal(made)), salt: 7 })

const proofs: Readonly<Record<AttackProof['kind'], AttackProof>> = {
  equivocation: { kind: 'equivocation', common: at(3).validators, block: fork(9), other: at(3) },
  amnesia: { kind: 'amnesia', common: at(3).validators, block: at(3), other: fork(11) },
  lunatic: { kind: 'lunatic', common: at(1).validators, block: lunatic, other: at(5) },
}
const PINNED: Readonly<Record<AttackProof['kind'], string>> = {
  equivocation: '0xe534032c0f0d60253987444f12cabbc873202570c92080be1a1a7c8debc998df',
  amnesia: '0xc4251b3c8a83b20aaf89d62798ff76c33732fe4c2a08d693626f7420176b71bd',
  lunatic: '0x0ef6709e806d71c063f096b1ceb1131a2fec84942d6675015fe759b7af05f176',
}

function decoded(bytes: Uint8Array): AttackReport {
  const report = decodeAttackReport(bytes)
  if (!report.ok) throw new Error(report.code)
  return report.value
}

describe.each(['equivocation', 'amnesia', 'lunatic'] as const)('a report of %s', (kind) => {
  const bytes = encodeAttackReport(attackReport(proofs[kind]))

  it('has one encoding', () => {
    expect(encodeAttackReport(decoded(bytes))).toEqual(bytes)
    const { block, other } = proofs[kind]
    const swapped = kind === 'lunatic' ? proofs[kind] : { ...proofs[kind], block: other, other: block }
    expect(encodeAttackReport(attackReport(swapped))).toEqual(bytes)
    expect(keccak256(bytes)).toBe(PINNED[kind])
  })

  it('proves to who knows the chain what it proved to the light client', () => {
    const proof = attackFromReport(decoded(bytes), ownChain)
    expect(proof?.kind).toBe(kind)
    const verdict = verifyAttack(proof as AttackProof, rules)
    expect(verdict).toMatchObject({
      verdict: 'accept',
      offenders: (kind === 'lunatic' ? [1, 2, 3] : [2, 3, 4, 5, 6]).map(keyHex),
    })
    // Only two messages of one view contradict each other.
    expect(verdict.verdict === 'accept' && verdict.evidence !== undefined).toBe(kind === 'equivocation')
  })

  it('means nothing to who does not know those epochs', () => {
    expect(attackFromReport(decoded(bytes), { setOf: () => undefined, endOf: () => undefined })).toBeUndefined()
  })

  it('is refused when bytes are missing or changed', () => {
    for (let cut = 0; cut < bytes.length; cut += 37) expect(decodeAttackReport(bytes.subarray(0, cut)).ok).toBe(false)
    expect(decodeAttackReport(Uint8Array.of(...bytes, 0)).ok).toBe(false)
  })
})

describe('a report', () => {
  it.each<[string, AttackReport]>([
    ['of one end twice', { type: 'fork', first: at(3), second: at(3) }],
    ['of two epochs', attackReport({ ...proofs.amnesia, other: at(4) })],
    ['of two sets', attackReport({ ...proofs.amnesia, block: lunatic, other: at(5) })],
    [
      'with a certificate for something else',
      { type: 'fork', first: { ...at(3), finalization: at(4).finalization }, second: fork(9) },
    ],
    [
      'with another set than its header names',
      { type: 'lunatic', commonEpoch: epoch(1), end: lunatic, validators: at(5).validators },
    ],
    [
      'of a set that comes after its block',
      { type: 'lunatic', commonEpoch: epoch(5), end: lunatic, validators: lunatic.validators },
    ],
  ])('%s is no report', (_name, report) => {
    expect(decodeAttackReport(encodeAttackReport(report)).ok).toBe(false)
  })

  it('accuses nobody by an aggregate of keys whose owners have not shown that they have them', () => {
    const stranger = lightBlock({
      validators: setOf(5, equal([...made, 99])),
      nextValidators: setOf(6, equal(made)),
      salt: 7,
    })
    const proof = { ...proofs.lunatic, block: stranger }
    const provenKeys = new Set([...rules.provenKeys].filter((key) => key !== keyHex(99)))
    expect(verifyAttack(proof, { ...rules, provenKeys })).toEqual({ verdict: 'reject', code: 'ATTACK_UNPROVEN_KEYS' })
  })

  it('of an honest end is none, however it is called', () => {
    const proof = attackFromReport(
      { type: 'lunatic', commonEpoch: epoch(1), end: at(5), validators: at(5).validators },
      ownChain,
    )
    expect(verifyAttack(proof as AttackProof, rules)).toEqual({ verdict: 'reject', code: 'ATTACK_NO_CONFLICT' })
  })
})
