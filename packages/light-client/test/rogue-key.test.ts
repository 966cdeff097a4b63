/**
 * Why signers of a skip must have proved possession of their keys: with real BLS, a made-up set that holds a rogue key
 * gives a valid aggregate of validators who have signed nothing.
 */
import {
  assembleCertificate,
  bitmapFromIndices,
  createValidatorSet,
  encodeLightBlockResponse,
  hashHeader,
  voteSigningBytes,
} from '@cairn/chain'
import type { LightBlock } from '@cairn/chain'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { ZERO_ADDRESS, ZERO_HASH, bytesFromHex, epoch, hexFromBytes } from '@cairn/primitives'
import { expect, it } from 'vitest'
import { createLightClient } from '../src/index.ts'
import type { LightClientOptions } from '../src/index.ts'
import { EPOCH_BLOCKS, EPOCH_MS, GENESIS_HASH, GENESIS_MS, genesisTrust, lightBlock } from './light-world.ts'

const bls = await createWasmBls(readLightWasm())
const secrets = [1, 2, 3].map((seed) => bls.secretKeyFromEntropy(new Uint8Array(32).fill(seed)))
const honestKeys = secrets.map((secret) => bls.publicKey(secret))
const member = (publicKey: Uint8Array) => ({ publicKey, weight: 1n, feeRecipient: ZERO_ADDRESS, peerId: '' })
const trustedSet = createValidatorSet(epoch(0), honestKeys.map(member), ZERO_HASH)

const options: LightClientOptions = {
  chainId: 1337,
  genesisHash: GENESIS_HASH,
  epochLengthBlocks: EPOCH_BLOCKS,
  provenKeys: new Set(honestKeys.map(hexFromBytes)),
  keysOf: (set) => bls.keySet(set.validators.map(({ publicKey }) => publicKey)),
  trusted: genesisTrust(trustedSet),
  trustingPeriodMs: 1e9,
}

/** Of the group that secret keys are numbers of. */
const ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n
const numberOf = (secret: Uint8Array): bigint => BigInt(hexFromBytes(secret))
const secretOf = (number: bigint): Uint8Array =>
  bytesFromHex(`0x${(((number % ORDER) + ORDER) % ORDER).toString(16).padStart(64, '0')}`)

/**
 * The attacker's key minus the honest ones: all of them together are the attacker's. It takes the public keys alone; here
 * the difference is made from the secrets, which is the same point.
 */
function rogueBlock(): LightBlock {
  const attacker = bls.secretKeyFromEntropy(new Uint8Array(32).fill(66))
  const rogue = bls.publicKey(secretOf(secrets.reduce((rest, secret) => rest - numberOf(secret), numberOf(attacker))))
  const validators = createValidatorSet(epoch(9), [...honestKeys, rogue].map(member), ZERO_HASH)
  const { header } = lightBlock({ validators, nextValidators: { ...validators, epoch: epoch(10) } })
  const nextValidators = createValidatorSet(epoch(10), [member(bls.publicKey(attacker))], ZERO_HASH)
  const forged = { ...header, nextValidatorSetHash: nextValidators.hash }
  const subject = { kind: 'finalize', epoch: epoch(9), view: header.view, hash: hashHeader(forged) } as const
  const signature = bls.sign(attacker, voteSigningBytes(GENESIS_HASH, subject))
  const finalization = { ...subject, signers: bitmapFromIndices([0, 1, 2, 3], 4), signature }
  return { header: forged, finalization, validators, nextValidators }
}

function advance(block: LightBlock, provenKeys: LightClientOptions['provenKeys']) {
  const client = createLightClient({ ...options, provenKeys })
  const nowMs = GENESIS_MS + 20 * EPOCH_MS
  client.handle({ type: 'advance', peer: 'a', epoch: block.header.epoch, witnesses: [] }, nowMs)
  const data = encodeLightBlockResponse({ block })
  return client.handle({ type: 'response', requestId: 1, data }, nowMs)
}

it('a rogue key makes an aggregate of people who have not signed, and is not believed', () => {
  const block = rogueBlock()
  const rogueKey = hexFromBytes(block.validators.validators[3]?.publicKey as Uint8Array)
  // The arithmetic holds: were the key taken for a proven one, the forged epoch would be trusted.
  expect(advance(block, new Set([...options.provenKeys, rogueKey]))).toContainEqual(
    expect.objectContaining({ type: 'trust' }),
  )
  expect(advance(block, options.provenKeys)).toEqual([expect.objectContaining({ type: 'request', epoch: epoch(4) })])
})

it('the same validators, having signed, are', () => {
  const validators = createValidatorSet(epoch(9), trustedSet.validators, ZERO_HASH)
  const nextValidators = createValidatorSet(epoch(10), trustedSet.validators, ZERO_HASH)
  const { header } = lightBlock({ validators, nextValidators })
  const subject = { kind: 'finalize', epoch: epoch(9), view: header.view, hash: hashHeader(header) } as const
  const votes = secrets.map((secret, validator) => ({
    ...subject,
    validator,
    signature: bls.sign(secret, voteSigningBytes(GENESIS_HASH, subject)),
  }))
  const block = { header, finalization: assembleCertificate(subject, votes, bls, 3), validators, nextValidators }
  expect(advance(block, options.provenKeys)).toContainEqual(expect.objectContaining({ type: 'trust', witnesses: 0 }))
})

it('a set whose key is none is refused without an exception', () => {
  const validators = createValidatorSet(
    epoch(9),
    [...trustedSet.validators, member(new Uint8Array(48).fill(7))],
    ZERO_HASH,
  )
  const { header } = lightBlock({ validators, nextValidators: validators })
  const nextValidators = createValidatorSet(epoch(10), trustedSet.validators, ZERO_HASH)
  const forged = { ...header, nextValidatorSetHash: nextValidators.hash }
  const subject = { kind: 'finalize', epoch: epoch(9), view: header.view, hash: hashHeader(forged) } as const
  const finalization = { ...subject, signers: bitmapFromIndices([0, 1, 2], 4), signature: new Uint8Array(96) }
  expect(advance({ header: forged, finalization, validators, nextValidators }, options.provenKeys)).toEqual([
    { type: 'penalize', peer: 'a', code: 'LIGHT_BAD_CERTIFICATE' },
    { type: 'done', code: 'LIGHT_BAD_CERTIFICATE' },
  ])
})
