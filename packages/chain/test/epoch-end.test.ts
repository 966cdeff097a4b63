import { describe, expect, it } from 'vitest'
import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { epoch, height, view } from '@cairn/primitives'
import {
  assembleCertificate,
  createValidatorSet,
  decodeEpochEndsRequest,
  decodeEpochEndsResponse,
  encodeEpochEndsRequest,
  encodeEpochEndsResponse,
  hashHeader,
  verifyEpochEnd,
  voteSigningBytes,
} from '../src/index.ts'
import type { EpochEnd } from '../src/index.ts'
import { GENESIS_HASH, hashOf, keyedSet, sampleHeader } from './fixtures.ts'

const bls = await createWasmBls(readLightWasm())
const { set, secrets } = keyedSet(bls)
const keys = bls.keySet(set.validators.map(({ publicKey }) => publicKey))

function endOf(of: number, signers = [0, 1, 3]): EpochEnd {
  const nextValidators = createValidatorSet(epoch(of + 1), set.validators.slice(0, 3), hashOf(of))
  const header = {
    ...sampleHeader,
    epoch: epoch(of),
    height: height((of + 1) * 10),
    validatorSetHash: set.hash,
    nextValidatorSetHash: nextValidators.hash,
  }
  const subject = { kind: 'finalize' as const, epoch: epoch(of), view: view(12), hash: hashHeader(header) }
  const votes = signers.map((validator) => ({
    ...subject,
    validator,
    signature: bls.sign(secrets[validator] as Uint8Array, voteSigningBytes(GENESIS_HASH, subject)),
  }))
  return { header, finalization: assembleCertificate(subject, votes, bls, set.validators.length), nextValidators }
}

const codeOf = (ends: readonly EpochEnd[]): string => {
  const decoded = decodeEpochEndsResponse(encodeEpochEndsResponse({ ends }))
  return decoded.ok ? 'ok' : decoded.code
}

describe('the end of an epoch', () => {
  it('round trips', () => {
    const response = { ends: [endOf(2), endOf(3)] }
    expect(decodeEpochEndsResponse(encodeEpochEndsResponse(response))).toEqual({ ok: true, value: response })
    const request = { fromEpoch: epoch(7) }
    expect(decodeEpochEndsRequest(encodeEpochEndsRequest(request))).toEqual({ ok: true, value: request })
  })

  it('agrees with itself: certificate, header, next set; and epochs follow each other', () => {
    const end = endOf(2)
    const other = createValidatorSet(epoch(3), set.validators, hashOf(2))
    expect(codeOf([{ ...end, nextValidators: other }])).toBe('DECODE_NOT_LINKED')
    expect(codeOf([{ ...end, header: { ...end.header, timeMs: end.header.timeMs + 1 } }])).toBe('DECODE_NOT_LINKED')
    expect(codeOf([{ ...end, finalization: { ...end.finalization, kind: 'notarize' } }])).toBe('DECODE_WRONG_KIND')
    expect(codeOf([endOf(2), endOf(4)])).toBe('DECODE_NOT_LINKED')
    expect(codeOf([endOf(3), endOf(2)])).toBe('DECODE_NOT_LINKED')
  })

  it('is finalized by a quorum of the set that is trusted, or is nothing', () => {
    expect(verifyEpochEnd(endOf(2), set, keys, GENESIS_HASH).verdict).toBe('accept')
    const codes = [
      verifyEpochEnd(endOf(2, [0, 1]), set, keys, GENESIS_HASH),
      verifyEpochEnd(endOf(2), set, keys, hashOf(5)),
      verifyEpochEnd(endOf(3), set, keys, GENESIS_HASH),
      verifyEpochEnd(endOf(2), createValidatorSet(epoch(2), set.validators, hashOf(9)), keys, GENESIS_HASH),
    ].map((verdict) => (verdict.verdict === 'accept' ? 'ok' : verdict.code))
    expect(codes).toEqual([
      'CERTIFICATE_BELOW_QUORUM',
      'CERTIFICATE_BAD_SIGNATURE',
      'EPOCH_END_WRONG_EPOCH',
      'EPOCH_END_WRONG_SET',
    ])
  })
})
