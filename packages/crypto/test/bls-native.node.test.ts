import blst from '@chainsafe/blst'
import { expect, it } from 'vitest'
import { createNativeBls } from '../src/bls-native.ts'
import { createWasmBls } from '../src/bls-wasm.ts'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { badEncodings, runBlsConformance, secretOf } from './bls-conformance.ts'

runBlsConformance('blst, native', async () => createNativeBls())

it('agrees with the WASM back end in keys, signatures, aggregates and verdicts', async () => {
  const native = createNativeBls()
  const wasm = await createWasmBls(readLightWasm())
  const message = Uint8Array.of(1, 2, 3)
  const secrets = [1, 2, 3, 4].map((seed) => secretOf(native, seed))
  const keys = secrets.map((secret) => native.publicKey(secret))
  expect(secrets.map((secret) => wasm.publicKey(secret))).toEqual(keys)
  const signatures = secrets.map((secret) => native.sign(secret, message))
  expect(secrets.map((secret) => wasm.sign(secret, message))).toEqual(signatures)
  const proofs = secrets.map((secret) => native.provePossession(secret))
  expect(secrets.map((secret) => wasm.provePossession(secret))).toEqual(proofs)
  const aggregate = native.aggregate(signatures)
  expect(wasm.aggregate(signatures)).toEqual(aggregate)
  for (const bls of [native, wasm]) {
    const keySet = bls.keySet(keys)
    expect(keySet.verifyAggregate([0, 1, 2, 3], message, aggregate)).toBe(true)
    expect(keySet.verifyAggregate([0, 1, 2], message, aggregate)).toBe(false)
    for (const bad of Object.values(badEncodings('G2', aggregate))) {
      expect(keySet.verifyAggregate([0, 1, 2, 3], message, bad)).toBe(false)
    }
  }
})

it('derives the same secret keys as blst', () => {
  const entropy = new Uint8Array(48).fill(5)
  expect(createNativeBls().secretKeyFromEntropy(entropy)).toEqual(
    Uint8Array.from(blst.SecretKey.deriveMasterEip2333(entropy).toBytes()),
  )
})
