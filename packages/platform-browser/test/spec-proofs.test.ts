import type { ChainSpec } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { ZERO_ADDRESS, ZERO_HASH } from '@cairn/primitives'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { sampleChainSpec } from '@cairn/testing/contracts'
import { expect, test } from 'vitest'
import { proveSpec } from '../src/spec-proofs.ts'

const bls = await createWasmBls(readLightWasm())

const validators = [1, 2, 3].map((seed) => {
  const secret = bls.secretKeyFromEntropy(new Uint8Array(32).fill(seed))
  const publicKey = bls.publicKey(secret)
  return {
    publicKey,
    proofOfPossession: bls.provePossession(secret),
    weight: 1n,
    feeRecipient: ZERO_ADDRESS,
    peerId: '',
  }
})

const spec = sampleChainSpec(new Uint8Array(1), { validators })

/** Proofs checked meanwhile, and what the next start is to be told. */
async function prove(chainSpec: ChainSpec, lastRecord: string | undefined) {
  let proofs = 0
  const counting: Bls = {
    ...bls,
    verifyPossession: (...proof) => {
      proofs++
      return bls.verifyPossession(...proof)
    },
  }
  try {
    return { record: await proveSpec(chainSpec, counting, lastRecord), proofs }
  } catch (error) {
    return { code: (error as { readonly code?: string }).code, proofs }
  }
}

test('the validators’ proofs of possession are checked once for each chain spec', async () => {
  const first = await prove(spec, undefined)
  expect(first).toEqual({ record: expect.any(String), proofs: 3 })
  expect(await prove(spec, first.record)).toEqual({ ...first, proofs: 0 })
})

test('a record of another spec, of other code, or of nothing sensible counts for nothing', async () => {
  const { record = '' } = await prove(spec, undefined)
  const [hash = '', code = ''] = record.split(' ')
  for (const other of ['', hash, `${hash} other.js`, `${ZERO_HASH} ${code}`, `${record} `]) {
    expect((await prove(spec, other)).proofs).toBe(3)
  }
  const renamed = await prove({ ...spec, name: 'other' }, record)
  expect(renamed.proofs).toBe(3)
  expect(renamed.record).not.toBe(record)
})

test('a spec with a rogue key is refused, and leaves no record', async () => {
  const { record } = await prove(spec, undefined)
  const rogue = validators.map((validator, index) =>
    index === 1 ? { ...validator, proofOfPossession: new Uint8Array(96) } : validator,
  )
  expect(await prove({ ...spec, validators: rogue }, record)).toEqual({ code: 'CHAIN_SPEC_INVALID', proofs: 2 })
})
