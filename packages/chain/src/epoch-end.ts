/**
 * The end of an epoch: what leads from one validator set to the next by certificates alone (consensus.md «Catch-up»,
 * «Light client»). The set of epoch e verifies the finalization of its last block, whose header names the hash of the
 * set of e + 1. Two such steps need nothing between them: neither blocks nor state.
 *
 * epoch end  = [header, finalization, [epoch, leader seed, [validator, …]]]
 * request    = [from epoch]
 * response   = [[epoch end, …]]
 */
import type { BlsKeySet } from '@cairn/crypto'
import { ACCEPT, decodeRlpList, encodeRlp, epoch, failDecode, reject, rlpUint } from '@cairn/primitives'
import type { Decoded, Epoch, Hash, RlpInput, RlpReader, Verdict } from '@cairn/primitives'
import type { ConsensusHeader } from './block.ts'
import { verifyCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'
import { hashHeader, readHeader, rlpFromHeader } from './consensus-header.ts'
import { EPOCH_ENDS_MAX, REQUEST_MAX_BYTES, RESPONSE_MAX_BYTES } from './limits.ts'
import { readValidatorSet, rlpFromValidatorSet } from './validator-set.ts'
import type { ValidatorSet } from './validator-set.ts'
import { readCertificate, rlpFromCertificate } from './vote-codec.ts'

/** Decoded ones agree with themselves: the finalization is the header's, the next set is the one that it names. */
export interface EpochEnd {
  /** Of the epoch's last block. */
  readonly header: ConsensusHeader
  readonly finalization: Certificate
  /** The set of the following epoch. */
  readonly nextValidators: ValidatorSet
}

/** Asks for the ends of finished epochs, from this one on. */
export interface EpochEndsRequest {
  readonly fromEpoch: Epoch
}

/** Consecutive, ascending, as many as fit; empty when the epoch has not ended at the responder. */
export interface EpochEndsResponse {
  readonly ends: readonly EpochEnd[]
}

/** Whether `end` is the end of the epoch of `set`, finalized by it. One aggregate verification. */
export function verifyEpochEnd(
  end: Pick<EpochEnd, 'header' | 'finalization'>,
  set: ValidatorSet,
  keySet: BlsKeySet,
  genesisHash: Hash,
): Verdict {
  if (end.header.epoch !== set.epoch) return reject('EPOCH_END_WRONG_EPOCH')
  if (end.header.validatorSetHash !== set.hash) return reject('EPOCH_END_WRONG_SET')
  const verdict = verifyCertificate(end.finalization, set, keySet, genesisHash)
  return verdict.verdict === 'accept' ? ACCEPT : verdict
}

export function encodeEpochEndsRequest(request: EpochEndsRequest): Uint8Array {
  return encodeRlp([rlpUint(request.fromEpoch)])
}

export function decodeEpochEndsRequest(bytes: Uint8Array): Decoded<EpochEndsRequest> {
  return decodeRlpList(bytes, REQUEST_MAX_BYTES, (fields) => ({ fromEpoch: epoch(fields.uint()) }))
}

/** Canonical RLP. */
export function encodeEpochEndsResponse(response: EpochEndsResponse): Uint8Array {
  return encodeRlp([response.ends.map(rlpFromEpochEnd)])
}

/** Epochs follow each other, and each end agrees with itself; signatures are `verifyEpochEnd`'s. */
export function decodeEpochEndsResponse(bytes: Uint8Array): Decoded<EpochEndsResponse> {
  return decodeRlpList(bytes, RESPONSE_MAX_BYTES, (fields) => {
    const ends = fields.listOf(EPOCH_ENDS_MAX, readEpochEnd)
    for (const [index, end] of ends.slice(1).entries()) {
      if (end.header.epoch !== (ends[index] as EpochEnd).header.epoch + 1) failDecode('DECODE_NOT_LINKED')
    }
    return { ends }
  })
}

/** For codecs of objects that contain an epoch end. */
export function rlpFromEpochEnd(end: EpochEnd): RlpInput {
  return [rlpFromHeader(end.header), rlpFromCertificate(end.finalization), rlpFromValidatorSet(end.nextValidators)]
}

/** For codecs of objects that contain an epoch end. */
export function readEpochEnd(item: RlpReader): EpochEnd {
  const fields = item.list()
  const header = readHeader(fields)
  const finalization = readCertificate(fields)
  const setFields = fields.list()
  const nextValidators = readValidatorSet(setFields)
  setFields.end()
  fields.end()
  if (finalization.kind !== 'finalize') failDecode('DECODE_WRONG_KIND')
  const isOwn = finalization.hash === hashHeader(header) && finalization.epoch === header.epoch
  const isNext = nextValidators.epoch === header.epoch + 1 && nextValidators.hash === header.nextValidatorSetHash
  if (!isOwn || !isNext) failDecode('DECODE_NOT_LINKED')
  return { header, finalization, nextValidators }
}
