/** What every back end must do; the same file runs against both. */
import { describe, expect, it } from 'vitest'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { CodedError, bytesFromHex, hexFromBytes } from '@cairn/primitives'
import type { Bls } from '../src/bls.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const secretOf = (bls: Bls, seed: number): Uint8Array => bls.secretKeyFromEntropy(new Uint8Array(32).fill(seed))

const INFINITY_G1 = Uint8Array.from({ length: 48 }, (_, index) => (index === 0 ? 0xc0 : 0))
const INFINITY_G2 = Uint8Array.from({ length: 96 }, (_, index) => (index === 0 ? 0xc0 : 0))

/** A compressed point on the curve and outside the subgroup of prime order. */
function pointOutsideSubgroup(group: 'G1' | 'G2'): Uint8Array {
  const Point = group === 'G1' ? bls12_381.G1.Point : bls12_381.G2.Point
  for (let x = 1; x < 200; x++) {
    const bytes = new Uint8Array(group === 'G1' ? 48 : 96)
    bytes[0] = 0x80
    bytes[bytes.length - 1] = x
    try {
      if (!Point.fromBytes(bytes).isTorsionFree()) return bytes
    } catch (error) {
      if (/subgroup/i.test(String(error))) return bytes
    }
  }
  throw new Error('no point found')
}

/** Encodings that no key or signature may have. */
export function badEncodings(group: 'G1' | 'G2', good: Uint8Array): Readonly<Record<string, Uint8Array>> {
  const flipped = good.with(0, (good[0] as number) ^ 0x80)
  // p, the field's modulus, in place of x = 0: on the curve or not, it is no canonical encoding
  const modulus = bytesFromHex(`0x${bls12_381.fields.Fp.ORDER.toString(16).padStart(96, '0')}`)
  const beyondField = new Uint8Array(good.length)
  beyondField.set(modulus, good.length - 48)
  beyondField[0] = (beyondField[0] as number) | 0x80
  return {
    empty: new Uint8Array(0),
    'one byte short': good.subarray(1),
    'one byte long': Uint8Array.of(...good, 0),
    'all zero': new Uint8Array(good.length),
    'all ones': new Uint8Array(good.length).fill(0xff),
    'uncompressed flag': flipped,
    infinity: group === 'G1' ? INFINITY_G1 : INFINITY_G2,
    'infinity with trailing bits': (group === 'G1' ? INFINITY_G1 : INFINITY_G2).with(good.length - 1, 1),
    'infinity with a sign': (group === 'G1' ? INFINITY_G1 : INFINITY_G2).with(0, 0xe0),
    'coordinate not below p': beyondField,
    'not in the subgroup': pointOutsideSubgroup(group),
  }
}

/** Names of the encodings for which `isAccepted` holds: none should. */
function namesOf(
  encodings: Readonly<Record<string, Uint8Array>>,
  isAccepted: (bytes: Uint8Array) => boolean,
): readonly string[] {
  return Object.entries(encodings).flatMap(([name, bytes]) => (isAccepted(bytes) ? [name] : []))
}

function isThrown(
  run: () => unknown,
  expected: { readonly code: string; readonly data: { readonly index: number } },
): boolean {
  try {
    run()
    return false
  } catch (error) {
    return error instanceof CodedError && error.code === expected.code && error.data['index'] === expected.data.index
  }
}

export function runBlsConformance(name: string, create: () => Promise<Bls>): void {
  describe(`BLS: ${name}`, () => {
    it('signs under the proof-of-possession ciphersuite (consensus-spec vector)', async () => {
      const bls = await create()
      const secret = bytesFromHex('0x263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3')
      const message = new Uint8Array(32)
      expect(hexFromBytes(bls.publicKey(secret))).toBe(
        '0xa491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a',
      )
      expect(hexFromBytes(bls.sign(secret, message))).toBe(
        '0xb6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb5158090352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55',
      )
    })

    it('derives the master key of EIP-2333', async () => {
      const bls = await create()
      const seed = bytesFromHex('0x3141592653589793238462643383279502884197169399375105820974944592')
      expect(BigInt(hexFromBytes(bls.secretKeyFromEntropy(seed)))).toBe(
        29757020647961307431480504535336562678282505419141012933316116377660817309383n,
      )
      expect(() => bls.secretKeyFromEntropy(new Uint8Array(31))).toThrow(CodedError)
    })

    it('verifies what it signed and nothing else', async () => {
      const bls = await create()
      const secrets = [1, 2].map((seed) => secretOf(bls, seed))
      const keys = bls.keySet(secrets.map((secret) => bls.publicKey(secret)))
      const signature = bls.sign(secrets[0] as Uint8Array, text('message'))
      expect(keys.size).toBe(2)
      expect(signature).toHaveLength(96)
      expect(keys.verify(0, text('message'), signature)).toBe(true)
      expect(keys.verify(1, text('message'), signature)).toBe(false)
      expect(keys.verify(0, text('massage'), signature)).toBe(false)
      expect(keys.verify(0, new Uint8Array(0), signature)).toBe(false)
    })

    it('aggregates: exactly the named signers over one message', async () => {
      const bls = await create()
      const secrets = [1, 2, 3, 4, 5].map((seed) => secretOf(bls, seed))
      const keys = bls.keySet(secrets.map((secret) => bls.publicKey(secret)))
      const signatures = secrets.map((secret) => bls.sign(secret, text('block')))
      const some = bls.aggregate([signatures[0], signatures[2], signatures[4]] as Uint8Array[])
      expect(keys.verifyAggregate([0, 2, 4], text('block'), some)).toBe(true)
      expect(keys.verifyAggregate([0, 2], text('block'), some)).toBe(false)
      expect(keys.verifyAggregate([0, 2, 3, 4], text('block'), some)).toBe(false)
      expect(keys.verifyAggregate([0, 2, 4], text('other'), some)).toBe(false)
      expect(keys.verifyAggregate([3], text('block'), bls.aggregate([signatures[3] as Uint8Array]))).toBe(true)
    })

    it('aggregates the signatures of a large set', async () => {
      const bls = await create()
      const secret = secretOf(bls, 9)
      const size = 1024
      const keys = bls.keySet(Array.from({ length: size }, () => bls.publicKey(secret)))
      // One signature over and over: as good as 1 024 for the sizes of all buffers.
      const signature = bls.sign(secret, text('block'))
      const aggregate = bls.aggregate(Array.from({ length: size }, () => signature))
      expect(
        keys.verifyAggregate(
          Array.from({ length: size }, (_, index) => index),
          text('block'),
          aggregate,
        ),
      ).toBe(true)
    }, 30_000)

    it('rejects bad keys with their index', async () => {
      const bls = await create()
      const good = bls.publicKey(secretOf(bls, 1))
      const error = { code: 'BLS_BAD_PUBLIC_KEY', data: { index: 1 } }
      const isAccepted = (bad: Uint8Array): boolean => !isThrown(() => bls.keySet([good, bad]), error)
      expect(namesOf(badEncodings('G1', good), isAccepted)).toEqual([])
    })

    it('rejects bad signatures, and never throws for them', async () => {
      const bls = await create()
      const secret = secretOf(bls, 1)
      const keys = bls.keySet([bls.publicKey(secret)])
      const good = bls.sign(secret, text('message'))
      const bad = badEncodings('G2', good)
      const error = { code: 'BLS_BAD_SIGNATURE', data: { index: 1 } }
      expect(namesOf(bad, (one) => keys.verify(0, text('message'), one))).toEqual([])
      expect(namesOf(bad, (one) => keys.verifyAggregate([0], text('message'), one))).toEqual([])
      expect(namesOf(bad, (one) => !isThrown(() => bls.aggregate([good, one]), error))).toEqual([])
      expect(() => bls.aggregate([])).toThrow(CodedError)
    })

    it('does not verify under keys that cancel out', async () => {
      const bls = await create()
      const good = bls.publicKey(secretOf(bls, 1))
      const negated = good.with(0, (good[0] as number) ^ 0x20)
      const keys = bls.keySet([good, negated])
      expect(keys.verifyAggregate([0, 1], text('message'), INFINITY_G2)).toBe(false)
      expect(keys.verifyAggregate([0, 1], text('message'), bls.sign(secretOf(bls, 2), text('message')))).toBe(false)
    })

    it('rejects secret keys outside 1 … r − 1', async () => {
      const bls = await create()
      const order = bytesFromHex('0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001')
      for (const bad of [new Uint8Array(32), new Uint8Array(31).fill(1), order, new Uint8Array(32).fill(255)]) {
        expect(() => bls.publicKey(bad)).toThrow(expect.objectContaining({ code: 'BLS_BAD_SECRET_KEY' }))
        expect(() => bls.sign(bad, text('message'))).toThrow(expect.objectContaining({ code: 'BLS_BAD_SECRET_KEY' }))
        expect(() => bls.provePossession(bad)).toThrow(expect.objectContaining({ code: 'BLS_BAD_SECRET_KEY' }))
      }
    })

    it('proves possession under its own domain', async () => {
      const bls = await create()
      const secret = secretOf(bls, 1)
      const key = bls.publicKey(secret)
      const proof = bls.provePossession(secret)
      expect(bls.verifyPossession(key, proof)).toBe(true)
      expect(bls.verifyPossession(bls.publicKey(secretOf(bls, 2)), proof)).toBe(false)
      expect(bls.verifyPossession(key, bls.sign(secret, key))).toBe(false)
      expect(bls.keySet([key]).verify(0, key, proof)).toBe(false)
      expect(namesOf(badEncodings('G2', proof), (bad) => bls.verifyPossession(key, bad))).toEqual([])
      expect(namesOf(badEncodings('G1', key), (bad) => bls.verifyPossession(bad, proof))).toEqual([])
    })
  })
}
