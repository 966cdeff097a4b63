/** Codec and hash of the consensus header: RLP list of its fields in the order of the type. */
import { keccak256 } from '@cairn/crypto'
import { bytesFromHex, decodeRlp, encodeRlp, epoch, failDecode, height, rlpUint, view } from '@cairn/primitives'
import type { Decoded, Hash, RlpInput, RlpReader } from '@cairn/primitives'
import type { ConsensusHeader } from './block.ts'
import { HEADER_MAX_BYTES } from './limits.ts'

/** keccak256 of the canonical RLP: the block's identity. */
export function hashHeader(header: ConsensusHeader): Hash {
  return keccak256(encodeHeader(header))
}

/** Canonical RLP. */
export function encodeHeader(header: ConsensusHeader): Uint8Array {
  return encodeRlp(rlpFromHeader(header))
}

/** Any well-formed header; validity is `checkBlock`'s. */
export function decodeHeader(bytes: Uint8Array): Decoded<ConsensusHeader> {
  return decodeRlp(bytes, HEADER_MAX_BYTES, readHeader)
}

/** For codecs of objects that contain a header. */
export function rlpFromHeader(header: ConsensusHeader): RlpInput {
  return [
    rlpUint(header.chainId),
    rlpUint(header.epoch),
    rlpUint(header.view),
    rlpUint(header.parentView),
    rlpUint(header.height),
    bytesFromHex(header.parentHash),
    rlpUint(header.timeMs),
    rlpUint(header.proposer),
    bytesFromHex(header.executionBlockHash),
    bytesFromHex(header.stateRoot),
    bytesFromHex(header.accessListHash),
    bytesFromHex(header.evidenceRoot),
    header.randaoReveal,
    bytesFromHex(header.validatorSetHash),
    bytesFromHex(header.nextValidatorSetHash),
  ]
}

/** For codecs of objects that contain a header. */
export function readHeader(item: RlpReader): ConsensusHeader {
  const fields = item.list()
  const header: ConsensusHeader = {
    chainId: fields.uint(),
    epoch: epoch(fields.uint()),
    view: view(fields.uint()),
    parentView: view(fields.uint()),
    height: height(fields.uint()),
    parentHash: fields.hash(),
    timeMs: fields.uint(),
    proposer: fields.uint(),
    executionBlockHash: fields.hash(),
    stateRoot: fields.hash(),
    accessListHash: fields.hash(),
    evidenceRoot: fields.hash(),
    randaoReveal: fields.bytes(96),
    validatorSetHash: fields.hash(),
    nextValidatorSetHash: fields.hash(),
  }
  fields.end()
  // Empty in genesis only; that it is genesis is checked where blocks are judged.
  if (header.randaoReveal.length !== (header.height === 0 ? 0 : 96)) failDecode('DECODE_WRONG_LENGTH')
  return header
}
