/**
 * The WASM back end against blst's native one, on seeded random keys, messages, signer sets and damaged encodings: the same
 * verdict for each. The field under the WASM one is our own, so its edges are aimed at: coordinates next to 0 and to p.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { createNativeBls } from '../src/bls-native.ts'
import { createWasmBls } from '../src/bls-wasm.ts'
import type { Bls } from '../src/bls.ts'
import { secretOf } from './bls-conformance.ts'

const native = createNativeBls()
const wasm = await createWasmBls(readLightWasm())
const secrets = Array.from({ length: 12 }, (_, seed) => secretOf(native, seed + 1))
const keys = secrets.map((secret) => native.publicKey(secret))
const sets = [native, wasm].map((bls) => bls.keySet(keys))
const { ORDER } = bls12_381.fields.Fp
const TWIST_COFACTOR =
  0x5d543a95414e7f1091d50792876a202cd91de4547085abaa68a205b2e5a7ddfa628f1cb4d9e82ef21537e293a6691ae1616ec6e786f0c70cf1c38e31c7238e5n

/** `undefined` for a refusal, else what was made. */
function outcome<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

/** A compressed encoding of the coordinates, most significant first, whether or not they are on the curve. */
function encoded(coordinates: readonly bigint[], flags: number): Uint8Array {
  const bytes = coordinates.flatMap((value) =>
    Array.from({ length: 48 }, (_, index) => Number((value >> BigInt(8 * (47 - index))) & 0xffn)),
  )
  return Uint8Array.from(bytes, (byte, index) => (index === 0 ? byte | flags : byte))
}

const signers = fc
  .uniqueArray(fc.nat({ max: keys.length - 1 }), { minLength: 1 })
  .map((list) => list.sort((a, b) => a - b))
const message = fc.uint8Array({ maxLength: 200 })
const nearEdge = fc
  .tuple(fc.constantFrom(0n, ORDER, ORDER / 2n, 1n << 364n, 1n << 28n), fc.integer({ min: -40, max: 40 }))
  .map(([edge, offset]) => edge + BigInt(offset))
  .filter((value) => value >= 0n)
const flags = fc.constantFrom(0x80, 0xa0, 0x00, 0xc0, 0xe0)

describe('BLS: WASM against native', () => {
  it('signs and aggregates the same, and judges every set of signers the same', () => {
    const property = fc.property(message, signers, signers, (text, signed, claimed) => {
      const signatures = signed.map((index) => native.sign(secrets[index] as Uint8Array, text))
      expect(wasm.sign(secrets[signed[0] as number] as Uint8Array, text)).toEqual(signatures[0])
      const aggregate = native.aggregate(signatures)
      expect(wasm.aggregate(signatures)).toEqual(aggregate)
      const [byNative, byWasm] = sets.map((set) => set.verifyAggregate(claimed, text, aggregate))
      expect(byWasm).toBe(byNative)
      expect(sets.map((set) => set.verifyAggregate(signed, text, aggregate))).toEqual([true, true])
    })
    fc.assert(property, { seed: 381, numRuns: 40 })
  })

  it('judges damaged signatures the same', () => {
    const text = Uint8Array.of(1, 2, 3)
    const good = native.sign(secrets[0] as Uint8Array, text)
    const property = fc.property(fc.nat({ max: 95 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = good.with(at, (good[at] as number) ^ flip)
      expect(sets.map((set) => set.verify(0, text, damaged))).toEqual([false, false])
      expect(outcome(() => wasm.aggregate([damaged]))).toEqual(outcome(() => native.aggregate([damaged])))
    })
    fc.assert(property, { seed: 382, numRuns: 100 })
  })

  it('decodes points whose coordinates are next to 0 and p, or outside the subgroup, the same', () => {
    const keyProperty = fc.property(nearEdge, flags, (x, flag) => {
      const key = encoded([x], flag)
      const accepts = ({ keySet }: Bls): boolean => outcome(() => keySet([key])) !== undefined
      expect(accepts(wasm)).toBe(accepts(native))
    })
    const signatureProperty = fc.property(nearEdge, nearEdge, flags, (imaginary, real, flag) => {
      const signature = encoded([imaginary, real], flag)
      expect(outcome(() => wasm.aggregate([signature]))).toEqual(outcome(() => native.aggregate([signature])))
      expect(sets.map((set) => set.verify(0, Uint8Array.of(1), signature))).toEqual([false, false])
    })
    fc.assert(keyProperty, { seed: 383, numRuns: 200 })
    fc.assert(signatureProperty, { seed: 384, numRuns: 200 })
  })

  it('refuses points of small order, which the Miller loop meets on its way', () => {
    const text = Uint8Array.of(7)
    const small = [13n, 23n].flatMap((prime) => pointsOfSmallOrder(prime))
    expect(small.length).toBeGreaterThan(4)
    for (const signature of small) {
      expect(sets.map((set) => set.verify(0, text, signature))).toEqual([false, false])
      expect(outcome(() => wasm.aggregate([signature]))).toBeUndefined()
    }
  })
})

/** Compressed points of the twist whose order is `prime` or its square: 13² and 23² divide the twist's cofactor. */
function pointsOfSmallOrder(prime: bigint): readonly Uint8Array[] {
  const { Point } = bls12_381.G2
  const { Fp2 } = bls12_381.fields
  const curveB = Fp2.fromBigTuple([4n, 4n])
  const rest = (TWIST_COFACTOR / prime ** 2n) * Point.Fn.ORDER
  return Array.from({ length: 20 }, (_, index) => {
    const x = Fp2.fromBigTuple([BigInt(index), 1n])
    const y = outcome(() => Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), curveB)))
    if (y === undefined) return []
    const point = Point.fromAffine({ x, y })
    let multiple = Point.ZERO
    // not reduced modulo r, as the library's own product is
    for (const bit of rest.toString(2)) multiple = bit === '1' ? multiple.double().add(point) : multiple.double()
    const { c0, c1 } = multiple.toAffine().x
    return multiple.is0() ? [] : [encoded([c1, c0], 0x80)]
  }).flat()
}
