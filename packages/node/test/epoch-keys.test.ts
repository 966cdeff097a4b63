import { assembleCertificate, createValidatorSet, voteSigningBytes } from '@cairn/chain'
import type { ValidatorSet } from '@cairn/chain'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { ZERO_ADDRESS, ZERO_HASH, epoch, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { expect, it } from 'vitest'
import { createEpochKeys, createFinalizationVerifier } from '../src/epoch-keys.ts'

const bls = await createWasmBls(readLightWasm())
const secrets = [1, 2, 3, 4, 5, 6, 7].map((seed) => bls.secretKeyFromEntropy(new Uint8Array(32).fill(seed)))
const hash = `0x${'12'.repeat(32)}` as Hash

function setOf(of: number, members: readonly number[]): ValidatorSet {
  const validators = members.map((member) => ({
    publicKey: bls.publicKey(secrets[member] as Uint8Array),
    weight: 1n,
    feeRecipient: ZERO_ADDRESS,
    peerId: '',
  }))
  return createValidatorSet(epoch(of), validators, ZERO_HASH)
}

function finalizationBy(members: readonly number[], of: number) {
  const subject = { kind: 'finalize' as const, epoch: epoch(of), view: view(3), hash }
  const votes = members.map((member, validator) => ({
    ...subject,
    validator,
    signature: bls.sign(secrets[member] as Uint8Array, voteSigningBytes(ZERO_HASH, subject)),
  }))
  return assembleCertificate(subject, votes, bls, members.length)
}

it('judges a certificate by the validators of its own epoch, and by no others', () => {
  const sets = [setOf(4, [0, 1, 2, 3]), setOf(5, [3, 4, 5, 6])]
  const verify = createFinalizationVerifier({ recentSets: () => sets }, createEpochKeys(ZERO_HASH, bls))
  expect(verify(finalizationBy([0, 1, 2, 3], 4)).verdict).toBe('accept')
  expect(verify(finalizationBy([3, 4, 5, 6], 5)).verdict).toBe('accept')
  // Who has left signs no more, whatever epoch it claims; who comes later signed nothing before.
  expect(verify(finalizationBy([0, 1, 2, 3], 5)).verdict).toBe('reject')
  expect(verify(finalizationBy([3, 4, 5, 6], 4)).verdict).toBe('reject')
  expect(verify(finalizationBy([3, 4, 5, 6], 6))).toEqual({ verdict: 'ignore', code: 'CERTIFICATE_EPOCH_UNKNOWN' })
})

it('decompresses the keys of a set once, and keeps a few sets', () => {
  let made = 0
  const counting = {
    ...bls,
    keySet: (keys: readonly Uint8Array[]) => {
      made += 1
      return bls.keySet(keys)
    },
  }
  const keys = createEpochKeys(ZERO_HASH, counting)
  const sets = [1, 2, 3, 4, 5].map((of) => setOf(of, [0, 1]))
  for (const set of sets) for (let times = 0; times < 3; times++) keys.contextOf(set)
  expect(made).toBe(5)
  keys.contextOf(sets[0] as ValidatorSet)
  expect(made).toBe(6)
})
