/**
 * An epoch's end with the validators that finalized it: what a light client verifies that does not know them yet
 * (consensus.md «Light client»). Its header names the hashes of both sets.
 *
 * light block = [epoch end, [epoch, leader seed, [validator, …]]]
 * request     = [epoch]
 * response    = [] or [light block]
 */
import { decodeRlp, decodeRlpList, encodeRlp, epoch, failDecode, rlpUint } from '@cairn/primitives'
import type { Decoded, Epoch, RlpInput, RlpReader } from '@cairn/primitives'
import { readEpochEnd, rlpFromEpochEnd } from './epoch-end.ts'
import type { EpochEnd } from './epoch-end.ts'
import { LIGHT_BLOCK_MAX_BYTES, REQUEST_MAX_BYTES, RESPONSE_MAX_BYTES } from './limits.ts'
import { readValidatorSet, rlpFromValidatorSet } from './validator-set.ts'
import type { ValidatorSet } from './validator-set.ts'

/** Decoded ones agree with themselves, as epoch ends do, and `validators` is the set that the header names. */
export interface LightBlock extends EpochEnd {
  /** The set of the header's own epoch. */
  readonly validators: ValidatorSet
}

/** Asks for the end of one finished epoch. */
export interface LightBlockRequest {
  readonly epoch: Epoch
}

export interface LightBlockResponse {
  /** `undefined`: the epoch has not ended at the responder. */
  readonly block: LightBlock | undefined
}

export function encodeLightBlockRequest(request: LightBlockRequest): Uint8Array {
  return encodeRlp([rlpUint(request.epoch)])
}

export function decodeLightBlockRequest(bytes: Uint8Array): Decoded<LightBlockRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => ({ epoch: epoch(fields.uint()) }))
}

/** Canonical RLP. */
export function encodeLightBlockResponse({ block }: LightBlockResponse): Uint8Array {
  return encodeRlp([block === undefined ? [] : [rlpFromLightBlock(block)]])
}

/** Signatures are the light client's to verify. */
export function decodeLightBlockResponse(bytes: Uint8Array): Decoded<LightBlockResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => ({ block: fields.optional(readLightBlock) }))
}

/** Canonical RLP. */
export function encodeLightBlock(block: LightBlock): Uint8Array {
  return encodeRlp(rlpFromLightBlock(block))
}

/** Signatures are not verified. */
export function decodeLightBlock(bytes: Uint8Array): Decoded<LightBlock> {
  return decodeRlp(bytes, LIGHT_BLOCK_MAX_BYTES, readLightBlock)
}

function rlpFromLightBlock(block: LightBlock): RlpInput {
  return [rlpFromEpochEnd(block), rlpFromValidatorSet(block.validators)]
}

function readLightBlock(item: RlpReader): LightBlock {
  const fields = item.list()
  const end = readEpochEnd(fields)
  const setFields = fields.list()
  const validators = readValidatorSet(setFields)
  setFields.end()
  fields.end()
  const isOwn = validators.epoch === end.header.epoch && validators.hash === end.header.validatorSetHash
  if (!isOwn) failDecode('DECODE_NOT_LINKED')
  return { ...end, validators }
}
