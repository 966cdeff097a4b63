import { createWasmBls } from '@cairn/crypto/bls-wasm'
import { readLightWasm } from '@cairn/wasm-core/light-file'
import { epoch, height } from '@cairn/primitives'
import { describe, expect, it } from 'vitest'
import {
  LIGHT_BLOCK_MAX_BYTES,
  VALIDATORS_MAX,
  createValidatorSet,
  decodeLightBlock,
  decodeLightBlockRequest,
  decodeLightBlockResponse,
  encodeLightBlock,
  encodeLightBlockRequest,
  encodeLightBlockResponse,
  hashHeader,
} from '../src/index.ts'
import type { LightBlock, ValidatorSet } from '../src/index.ts'
import { hashOf, keyedSet, sampleCertificate, sampleHeader, sampleValidators } from './fixtures.ts'

const { set } = keyedSet(await createWasmBls(readLightWasm()))

function blockOf(validators: ValidatorSet): LightBlock {
  const nextValidators = createValidatorSet(epoch(3), validators.validators, hashOf(3))
  const header = {
    ...sampleHeader,
    epoch: epoch(2),
    height: height(30),
    validatorSetHash: validators.hash,
    nextValidatorSetHash: nextValidators.hash,
  }
  const finalization = sampleCertificate('finalize', { epoch: epoch(2), hash: hashHeader(header) })
  return { header, finalization, validators, nextValidators }
}

const codeOf = (block: LightBlock): string => {
  const decoded = decodeLightBlock(encodeLightBlock(block))
  return decoded.ok ? 'ok' : decoded.code
}

describe('a light block', () => {
  it('round trips, and so do question and answer', () => {
    const block = blockOf(set)
    expect(decodeLightBlock(encodeLightBlock(block))).toEqual({ ok: true, value: block })
    for (const response of [{ block }, { block: undefined }]) {
      expect(decodeLightBlockResponse(encodeLightBlockResponse(response))).toEqual({ ok: true, value: response })
    }
    const request = { epoch: epoch(7) }
    expect(decodeLightBlockRequest(encodeLightBlockRequest(request))).toEqual({ ok: true, value: request })
  })

  it('brings the sets that its header names, and no others', () => {
    const block = blockOf(set)
    const other = createValidatorSet(epoch(2), set.validators.slice(1), hashOf(9))
    expect(codeOf({ ...block, validators: other })).toBe('DECODE_NOT_LINKED')
    expect(codeOf({ ...block, nextValidators: other })).toBe('DECODE_NOT_LINKED')
    expect(codeOf({ ...block, header: { ...block.header, timeMs: 1 } })).toBe('DECODE_NOT_LINKED')
    expect(codeOf({ ...block, finalization: { ...block.finalization, kind: 'notarize' } })).toBe('DECODE_WRONG_KIND')
  })

  it('of the largest sets is within its bound', () => {
    const peerId = 'x'.repeat(128)
    const largest = sampleValidators(Array.from({ length: VALIDATORS_MAX }, () => (1n << 64n) - 1n))
    const block = blockOf(
      createValidatorSet(
        epoch(2),
        largest.map((each) => ({ ...each, peerId })),
        hashOf(1),
      ),
    )
    const bytes = encodeLightBlock(block)
    expect(bytes.length).toBeLessThanOrEqual(LIGHT_BLOCK_MAX_BYTES)
    expect(decodeLightBlock(bytes).ok).toBe(true)
  })
})
