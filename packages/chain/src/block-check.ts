/**
 * Stateless checks of a block, in two steps with different culprits:
 * - `checkBlockData`: the bytes belong to the header. A failure is the *sender's* fault (the header hash does not
 *   commit to payload bytes directly, so anyone can pair a good header with wrong data): ask another peer.
 * - `checkBlock` (R3's deterministic checks): the header follows from its parent. A failure is the *leader's* fault.
 * Neither reads a clock or state; `isTimestampAcceptable` does the clock, and never makes a block invalid.
 */
import { keccak256 } from '@cairn/crypto'
import { ACCEPT, ZERO_HASH, reject } from '@cairn/primitives'
import type { Hash, Verdict } from '@cairn/primitives'
import type { Block, ConsensusHeader } from './block.ts'
import type { ChainSpec } from './chain-spec.ts'
import { decodeEvidenceList } from './evidence-codec.ts'
import { epochOfHeight, isBoundaryHeight } from './epochs.ts'
import { decodePayload } from './execution-body.ts'
import type { ExecutionHeader } from './execution-header.ts'
import type { LeaderSchedule } from './leader.ts'
import { CLOCK_DRIFT_MAX_MS } from './limits.ts'
import { orderedTrieRoot } from './ordered-trie.ts'
import { prevRandaoFromReveal } from './randao.ts'
import type { ValidatorSet } from './validator-set.ts'

/** keccak256 of the empty RLP list: evidence root of a block without evidence, access-list hash of genesis. */
export const EMPTY_LIST_HASH = keccak256(Uint8Array.of(0xc0))

/** What the next block's header must follow from. */
export interface BlockContext {
  readonly spec: ChainSpec
  /** The parent's consensus header. */
  readonly parent: ConsensusHeader
  readonly parentHash: Hash
  /** Set of the block's epoch. */
  readonly validatorSet: ValidatorSet
  /** Schedule of the block's epoch. */
  readonly leaders: LeaderSchedule
  /** Hash of the next epoch's set, which a boundary block must name. */
  readonly nextValidatorSetHash: Hash
}

/** Whether payload, access list and evidence are what the header commits to, down to each transaction. O(size) hashing. */
export function checkBlockData(block: Block): Verdict {
  const body = decodePayload(block.payload)
  if (!body.ok) return reject('BLOCK_DATA_MALFORMED')
  const { header, headerBytes, transactions, withdrawals } = body.value
  const isMatch =
    keccak256(headerBytes) === block.header.executionBlockHash &&
    keccak256(block.accessList) === block.header.accessListHash &&
    keccak256(block.evidence) === block.header.evidenceRoot &&
    orderedTrieRoot(transactions) === header.transactionsRoot &&
    orderedTrieRoot(withdrawals) === header.withdrawalsRoot
  return isMatch ? ACCEPT : reject('BLOCK_DATA_MISMATCH')
}

/**
 * R3's deterministic checks but execution, the RANDAO signature (`verifyRandaoReveal`) and what evidence needs: keys of
 * its epoch and what ancestors include (`consensus`). The block has passed
 * `checkBlockData`. The code of a rejection names the first field that is wrong.
 */
export function checkBlock(block: Block, context: BlockContext): Verdict {
  const fault = headerFault(block, context) ?? payloadFault(block, context)
  return fault === undefined ? ACCEPT : reject(`BLOCK_${fault}`)
}

/** Not more than 5 s ahead of the local clock; otherwise abstain. */
export function isTimestampAcceptable(header: ConsensusHeader, nowMs: number): boolean {
  return header.timeMs <= nowMs + CLOCK_DRIFT_MAX_MS
}

function headerFault(block: Block, context: BlockContext): string | undefined {
  const { header } = block
  const { spec, parent, validatorSet } = context
  if (header.chainId !== spec.chainId) return 'WRONG_CHAIN_ID'
  if (header.height !== parent.height + 1) return 'WRONG_HEIGHT'
  if (header.parentHash !== context.parentHash) return 'WRONG_PARENT_HASH'
  if (header.epoch !== epochOfHeight(header.height, spec.epochLengthBlocks)) return 'WRONG_EPOCH'
  if (header.epoch !== validatorSet.epoch || header.validatorSetHash !== validatorSet.hash) return 'WRONG_VALIDATOR_SET'
  // The last block of an epoch is genesis_e of the next: view 0, whatever view it had.
  if (header.parentView !== (parent.epoch === header.epoch ? parent.view : 0)) return 'WRONG_PARENT_VIEW'
  if (header.view <= header.parentView) return 'WRONG_VIEW'
  if (header.timeMs <= parent.timeMs) return 'WRONG_TIME'
  if (header.proposer !== context.leaders(header.view)) return 'WRONG_PROPOSER'
  if (!decodeEvidenceList(block.evidence).ok) return 'BAD_EVIDENCE'
  const isBoundary = isBoundaryHeight(header.height, spec.epochLengthBlocks)
  const nextSetHash = isBoundary ? context.nextValidatorSetHash : ZERO_HASH
  if (header.nextValidatorSetHash !== nextSetHash) return 'WRONG_NEXT_VALIDATOR_SET'
  if (block.payload.length + block.accessList.length > spec.blockSizeMaxBytes) return 'TOO_LARGE'
  return undefined
}

function payloadFault(block: Block, context: BlockContext): string | undefined {
  const body = decodePayload(block.payload)
  if (!body.ok) return 'BAD_PAYLOAD'
  const { header } = block
  const execution: ExecutionHeader = body.value.header
  if (keccak256(body.value.headerBytes) !== header.executionBlockHash) return 'WRONG_EXECUTION_HASH'
  if (execution.parentHash !== context.parent.executionBlockHash) return 'WRONG_EXECUTION_PARENT'
  if (execution.number !== header.height) return 'WRONG_EXECUTION_NUMBER'
  if (execution.timestamp !== Math.floor(header.timeMs / 1000)) return 'WRONG_EXECUTION_TIME'
  if (execution.prevRandao !== prevRandaoFromReveal(header.randaoReveal)) return 'WRONG_RANDAO'
  if (execution.parentBeaconBlockRoot !== header.parentHash) return 'WRONG_BEACON_ROOT'
  if (execution.stateRoot !== header.stateRoot) return 'WRONG_STATE_ROOT'
  const proposer = context.validatorSet.validators[header.proposer]
  if (execution.coinbase !== proposer?.feeRecipient) return 'WRONG_FEE_RECIPIENT'
  // A withdrawal mints: without staking there is nobody to pay.
  if (body.value.withdrawals.length > 0) return 'HAS_WITHDRAWALS'
  return undefined
}
