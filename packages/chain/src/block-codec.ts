/**
 * Codec of blocks, proposals and status messages.
 *
 * block    = [header, payload (byte string), access list (byte string), evidence list (byte string)]
 * proposal = [block, epoch, view, parent view, parent hash, entry proof, vote]
 * status   = [epoch, [] | [finalization], entry proof, [vote, …]]
 */
import { bytesFromHex, decodeRlp, decodeRlpList, encodeRlp, epoch, failDecode, rlpUint, view } from '@cairn/primitives'
import type { Decoded, RlpInput, RlpReader } from '@cairn/primitives'
import type { Block, ConsensusHeader, Proposal, Status } from './block.ts'
import { NO_EVIDENCE } from './evidence-codec.ts'
import { hashHeader, readHeader, rlpFromHeader } from './consensus-header.ts'
import {
  BLOCK_DATA_MAX_BYTES,
  BLOCK_MAX_BYTES,
  EVIDENCE_LIST_MAX_BYTES,
  PROPOSAL_MAX_BYTES,
  STATUS_MAX_BYTES,
  STATUS_VOTES_MAX,
} from './limits.ts'
import {
  readCertificate,
  readEntryProof,
  readVote,
  rlpFromCertificate,
  rlpFromEntryProof,
  rlpFromVote,
} from './vote-codec.ts'

/** The one way to make a block: `hash` is computed, never taken. */
export function blockFromParts(
  header: ConsensusHeader,
  payload: Uint8Array,
  accessList: Uint8Array,
  evidence: Uint8Array = NO_EVIDENCE,
): Block {
  return { header, hash: hashHeader(header), payload, accessList, evidence }
}

/** Canonical RLP. */
export function encodeBlock(block: Block): Uint8Array {
  return encodeRlp(rlpFromBlock(block))
}

/** Well-formed; that the data belong to the header is `checkBlockData`'s, validity `checkBlock`'s. */
export function decodeBlock(bytes: Uint8Array): Decoded<Block> {
  return decodeRlp(bytes, BLOCK_MAX_BYTES, readBlock)
}

/** Canonical RLP. */
export function encodeProposal(proposal: Proposal): Uint8Array {
  return encodeRlp([
    rlpFromBlock(proposal.block),
    rlpUint(proposal.epoch),
    rlpUint(proposal.view),
    rlpUint(proposal.parentView),
    bytesFromHex(proposal.parentHash),
    rlpFromEntryProof(proposal.entryProof),
    rlpFromVote(proposal.vote),
  ])
}

/** Well-formed, and the vote is a notarize vote for (epoch, view, block); its signature is not checked. */
export function decodeProposal(bytes: Uint8Array): Decoded<Proposal> {
  return decodeRlpList(bytes, PROPOSAL_MAX_BYTES, (fields) => {
    const proposal = {
      block: readBlock(fields),
      epoch: epoch(fields.uint()),
      view: view(fields.uint()),
      parentView: view(fields.uint()),
      parentHash: fields.hash(),
      entryProof: readEntryProof(fields),
      vote: readVote(fields),
    }
    const { vote, block } = proposal
    const isVoteForBlock = vote.kind === 'notarize' && vote.hash === block.hash
    if (!isVoteForBlock || vote.epoch !== proposal.epoch || vote.view !== proposal.view) failDecode('DECODE_WRONG_VOTE')
    return proposal
  })
}

/** Canonical RLP. */
export function encodeStatus(status: Status): Uint8Array {
  return encodeRlp([
    rlpUint(status.epoch),
    status.finalization === undefined ? [] : [rlpFromCertificate(status.finalization)],
    rlpFromEntryProof(status.entryProof),
    status.votes.map(rlpFromVote),
  ])
}

/** Well-formed; no signature is checked. */
export function decodeStatus(bytes: Uint8Array): Decoded<Status> {
  return decodeRlpList(bytes, STATUS_MAX_BYTES, (fields) => {
    const status = {
      epoch: epoch(fields.uint()),
      finalization: fields.optional(readCertificate),
      entryProof: readEntryProof(fields),
      votes: fields.listOf(STATUS_VOTES_MAX, readVote),
    }
    if (status.finalization !== undefined && status.finalization.kind !== 'finalize') failDecode('DECODE_WRONG_KIND')
    return status
  })
}

/** For codecs of objects that contain blocks. */
export function rlpFromBlock(block: Block): RlpInput {
  return [rlpFromHeader(block.header), block.payload, block.accessList, block.evidence]
}

/** For codecs of objects that contain blocks. */
export function readBlock(item: RlpReader): Block {
  const fields = item.list()
  const header = readHeader(fields)
  const payload = fields.bytes(BLOCK_DATA_MAX_BYTES)
  const accessList = fields.bytes(BLOCK_DATA_MAX_BYTES - payload.length)
  const evidence = fields.bytes(EVIDENCE_LIST_MAX_BYTES)
  fields.end()
  return blockFromParts(header, payload, accessList, evidence)
}
