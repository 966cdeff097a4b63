/**
 * What a light client tells full nodes of an attack on it (consensus.md «Light client»): finalized ends of an epoch that cannot
 * all be of one chain. As small as it gets: whoever follows the chain knows the validators of its epochs.
 *
 * signed end = [header, finalization]
 * report     = [1, signed end, signed end]: a fork, one set has finalized both; ascending by block hash
 *            | [2, common epoch, signed end, [epoch, leader seed, [validator, …]]]: made up, with the validators it names;
 *              more than a third of the common epoch's set has signed it
 */
import { decodeRlp, encodeRlp, epoch, failDecode, rlpUint } from '@cairn/primitives'
import type { Decoded, Epoch, RlpInput, RlpReader } from '@cairn/primitives'
import type { ConsensusHeader } from './block.ts'
import type { Certificate } from './certificate.ts'
import { hashHeader, readHeader, rlpFromHeader } from './consensus-header.ts'
import { ATTACK_REPORT_MAX_BYTES } from './limits.ts'
import { readValidatorSet, rlpFromValidatorSet } from './validator-set.ts'
import type { ValidatorSet } from './validator-set.ts'
import { readCertificate, rlpFromCertificate } from './vote-codec.ts'

/** Decoded ones agree with themselves: the finalization is the header's. */
export interface SignedEnd {
  /** Of the epoch's last block. */
  readonly header: ConsensusHeader
  readonly finalization: Certificate
}

export type AttackReport =
  | {
      readonly type: 'fork'
      /** Of one epoch, and by the set that both name. The block of the lower hash first, so that a pair has one encoding. */
      readonly first: SignedEnd
      readonly second: SignedEnd
    }
  | {
      readonly type: 'lunatic'
      readonly commonEpoch: Epoch
      readonly end: SignedEnd
      /** The set that the header names. */
      readonly validators: ValidatorSet
    }

const TYPE = { fork: 1, lunatic: 2 } as const

/** Canonical RLP. */
export function encodeAttackReport(report: AttackReport): Uint8Array {
  return encodeRlp(
    report.type === 'fork'
      ? [rlpUint(TYPE.fork), rlpFromSignedEnd(report.first), rlpFromSignedEnd(report.second)]
      : [
          rlpUint(TYPE.lunatic),
          rlpUint(report.commonEpoch),
          rlpFromSignedEnd(report.end),
          rlpFromValidatorSet(report.validators),
        ],
  )
}

/** Signatures, and whether the sets are the chain's, are for who knows the chain. */
export function decodeAttackReport(bytes: Uint8Array): Decoded<AttackReport> {
  return decodeRlp(bytes, ATTACK_REPORT_MAX_BYTES, (item) => {
    const fields = item.list()
    const type = fields.uint()
    if (type !== TYPE.fork && type !== TYPE.lunatic) failDecode('DECODE_WRONG_KIND')
    const report = type === TYPE.fork ? readFork(fields) : readLunatic(fields)
    fields.end()
    return report
  })
}

function readFork(fields: RlpReader): AttackReport {
  const [first, second] = [readSignedEnd(fields), readSignedEnd(fields)]
  if (first.finalization.hash >= second.finalization.hash) failDecode('DECODE_NOT_SORTED')
  const [one, other] = [first.header, second.header]
  if (one.epoch !== other.epoch || one.validatorSetHash !== other.validatorSetHash) failDecode('DECODE_NOT_LINKED')
  return { type: 'fork', first, second }
}

function readLunatic(fields: RlpReader): AttackReport {
  const commonEpoch = epoch(fields.uint())
  const end = readSignedEnd(fields)
  const setFields = fields.list()
  const validators = readValidatorSet(setFields)
  setFields.end()
  const isOwn = validators.epoch === end.header.epoch && validators.hash === end.header.validatorSetHash
  if (!isOwn || commonEpoch >= validators.epoch) failDecode('DECODE_NOT_LINKED')
  return { type: 'lunatic', commonEpoch, end, validators }
}

function rlpFromSignedEnd({ header, finalization }: SignedEnd): RlpInput {
  return [rlpFromHeader(header), rlpFromCertificate(finalization)]
}

function readSignedEnd(item: RlpReader): SignedEnd {
  const fields = item.list()
  const header = readHeader(fields)
  const finalization = readCertificate(fields)
  fields.end()
  if (finalization.kind !== 'finalize') failDecode('DECODE_WRONG_KIND')
  const isOwn = finalization.hash === hashHeader(header) && finalization.epoch === header.epoch
  if (!isOwn) failDecode('DECODE_NOT_LINKED')
  return { header, finalization }
}
