import { describe, expect, it } from 'vitest'
import { keccak256 } from '@cairn/crypto'
import { ZERO_HASH, bytesFromHex, encodeRlp, epoch, height, reject, rlpUint, view } from '@cairn/primitives'
import {
  EMPTY_LIST_HASH,
  EMPTY_TRIE_ROOT,
  NO_EVIDENCE,
  blockFromParts,
  checkBlock,
  checkBlockData,
  createLeaderSchedule,
  createValidatorSet,
  epochOfHeight,
  hashHeader,
  isBoundaryHeight,
  isTimestampAcceptable,
  prevRandaoFromReveal,
} from '../src/index.ts'
import type { Block, BlockContext, ConsensusHeader } from '../src/index.ts'
import { addressOf, hashOf, sampleHeader, sampleValidators } from './fixtures.ts'
import { sampleSpec } from './sample-spec.ts'

const spec = { ...sampleSpec, epochLengthBlocks: 100 }
const validatorSet = createValidatorSet(epoch(2), sampleValidators([1n, 1n, 1n, 1n]), ZERO_HASH)
const leaders = createLeaderSchedule(validatorSet)
const parent: ConsensusHeader = { ...sampleHeader, chainId: spec.chainId, validatorSetHash: validatorSet.hash }
const context: BlockContext = {
  spec,
  parent,
  parentHash: hashHeader(parent),
  validatorSet,
  leaders,
  nextValidatorSetHash: hashOf(77),
}

interface ExecutionChanges {
  readonly parentHash?: string
  readonly coinbase?: string
  readonly stateRoot?: string
  readonly number?: number
  readonly timestamp?: number
  readonly prevRandao?: string
  readonly parentBeaconBlockRoot?: string
  readonly withdrawals?: readonly Uint8Array[][]
}

/** Header fields of a block that all checks accept, before the payload is known. */
function goodHeader(changes: Partial<ConsensusHeader> = {}, base = context): ConsensusHeader {
  const at = changes.view ?? view(base.parent.view + 3)
  return {
    ...base.parent,
    height: height(base.parent.height + 1),
    view: at,
    parentView: base.parent.view,
    parentHash: base.parentHash,
    timeMs: base.parent.timeMs + 250,
    proposer: leaders(at),
    stateRoot: hashOf(50),
    accessListHash: EMPTY_LIST_HASH,
    evidenceRoot: EMPTY_LIST_HASH,
    ...changes,
  }
}

function payloadOf(header: ConsensusHeader, changes: ExecutionChanges = {}): Uint8Array {
  const hash = (text: string): Uint8Array => bytesFromHex(text)
  const execution = encodeRlp([
    hash(changes.parentHash ?? parent.executionBlockHash),
    hash(EMPTY_LIST_HASH),
    hash(changes.coinbase ?? addressOf(header.proposer)),
    hash(changes.stateRoot ?? header.stateRoot),
    hash(EMPTY_TRIE_ROOT),
    hash(EMPTY_TRIE_ROOT),
    new Uint8Array(256),
    rlpUint(0),
    rlpUint(changes.number ?? header.height),
    rlpUint(30_000_000),
    rlpUint(0),
    rlpUint(changes.timestamp ?? Math.floor(header.timeMs / 1000)),
    new Uint8Array(0),
    hash(changes.prevRandao ?? prevRandaoFromReveal(header.randaoReveal)),
    new Uint8Array(8),
    rlpUint(7),
    hash(EMPTY_TRIE_ROOT),
    rlpUint(0),
    rlpUint(0),
    hash(changes.parentBeaconBlockRoot ?? header.parentHash),
    hash(hashOf(60)),
  ])
  const body = encodeRlp([[], [], changes.withdrawals ?? []])
  const size = execution.length + body.length - 1
  return Uint8Array.of(0xf9, size >> 8, size & 255, ...execution, ...body.subarray(1))
}

function blockOf(headerChanges: Partial<ConsensusHeader> = {}, changes: ExecutionChanges = {}, base = context): Block {
  const header = goodHeader(headerChanges, base)
  const payload = payloadOf(header, changes)
  const executionBlockHash = keccak256(encodeExecutionHeaderOf(payload))
  return blockFromParts({ ...header, executionBlockHash, ...headerChanges }, payload, Uint8Array.of(0xc0))
}

/** The first item of the payload's list. */
function encodeExecutionHeaderOf(payload: Uint8Array): Uint8Array {
  const length = (payload[4] as number) * 256 + (payload[5] as number)
  return payload.subarray(3, 6 + length)
}

const codeOf = (block: Block, base = context): string => {
  const verdict = checkBlock(block, base)
  return verdict.verdict === 'accept' ? 'ok' : verdict.code
}

describe('checkBlock', () => {
  it('accepts a good child', () => {
    expect(codeOf(blockOf())).toBe('ok')
    expect(checkBlockData(blockOf())).toEqual({ verdict: 'accept' })
  })

  it.each<[string, Partial<ConsensusHeader>]>([
    ['BLOCK_WRONG_CHAIN_ID', { chainId: 1 }],
    ['BLOCK_WRONG_HEIGHT', { height: height(207) }],
    ['BLOCK_WRONG_PARENT_HASH', { parentHash: hashOf(9) }],
    ['BLOCK_WRONG_EPOCH', { epoch: epoch(3) }],
    ['BLOCK_WRONG_VALIDATOR_SET', { validatorSetHash: hashOf(9) }],
    ['BLOCK_WRONG_PARENT_VIEW', { parentView: view(8) }],
    ['BLOCK_WRONG_VIEW', { view: view(9) }],
    ['BLOCK_WRONG_TIME', { timeMs: parent.timeMs }],
    ['BLOCK_WRONG_PROPOSER', { proposer: (leaders(view(12)) + 1) % 4 }],
    ['BLOCK_WRONG_NEXT_VALIDATOR_SET', { nextValidatorSetHash: hashOf(77) }],
    ['BLOCK_WRONG_EXECUTION_HASH', { executionBlockHash: hashOf(9) }],
  ])('%s', (code, changes) => {
    expect(codeOf(blockOf(changes))).toBe(code)
  })

  it.each<[string, ExecutionChanges]>([
    ['BLOCK_WRONG_EXECUTION_PARENT', { parentHash: hashOf(9) }],
    ['BLOCK_WRONG_EXECUTION_NUMBER', { number: 205 }],
    ['BLOCK_WRONG_EXECUTION_TIME', { timestamp: Math.floor(parent.timeMs / 1000) + 1 }],
    ['BLOCK_WRONG_RANDAO', { prevRandao: hashOf(9) }],
    ['BLOCK_WRONG_BEACON_ROOT', { parentBeaconBlockRoot: hashOf(9) }],
    ['BLOCK_WRONG_STATE_ROOT', { stateRoot: hashOf(9) }],
    ['BLOCK_WRONG_FEE_RECIPIENT', { coinbase: addressOf(200) }],
    ['BLOCK_HAS_WITHDRAWALS', { withdrawals: [[rlpUint(1), rlpUint(1), new Uint8Array(20), rlpUint(1)]] }],
  ])('%s', (code, changes) => {
    expect(codeOf(blockOf({}, changes))).toBe(code)
  })

  it('refuses evidence that its header names and that is not a list of conflicting pairs', () => {
    const { header, payload, accessList } = blockOf()
    for (const evidence of [Uint8Array.of(0x80), Uint8Array.of(0xc1, 0xc0), new Uint8Array(0)]) {
      const block = blockFromParts({ ...header, evidenceRoot: keccak256(evidence) }, payload, accessList, evidence)
      expect(checkBlockData(block)).toEqual({ verdict: 'accept' })
      expect(codeOf(block)).toBe('BLOCK_BAD_EVIDENCE')
      expect(checkBlockData({ ...block, evidence: NO_EVIDENCE })).toEqual(reject('BLOCK_DATA_MISMATCH'))
    }
  })

  it('limits payload and access list together by the chain spec', () => {
    const block = blockOf()
    const size = block.payload.length + block.accessList.length
    expect(codeOf(block, { ...context, spec: { ...spec, blockSizeMaxBytes: size } })).toBe('ok')
    expect(codeOf(block, { ...context, spec: { ...spec, blockSizeMaxBytes: size - 1 } })).toBe('BLOCK_TOO_LARGE')
  })

  it('makes the last block of an epoch name the next set, and the first one start at view 0', () => {
    const beforeLast = { ...parent, height: height(299) }
    const last = { ...context, parent: beforeLast, parentHash: hashHeader(beforeLast) }
    expect(codeOf(blockOf({ nextValidatorSetHash: hashOf(77) }, {}, last), last)).toBe('ok')
    expect(codeOf(blockOf({}, {}, last), last)).toBe('BLOCK_WRONG_NEXT_VALIDATOR_SET')
    const boundary = { ...parent, epoch: epoch(1), height: height(200), view: view(500) }
    const first = { ...context, parent: boundary, parentHash: hashHeader(boundary) }
    const changes = { epoch: epoch(2), view: view(1), parentView: view(0) }
    expect(codeOf(blockOf(changes, {}, first), first)).toBe('ok')
    expect(codeOf(blockOf({ ...changes, parentView: view(500), view: view(501) }, {}, first), first)).toBe(
      'BLOCK_WRONG_PARENT_VIEW',
    )
  })
})

it('checkBlockData tells data of another block from a bad block', () => {
  const block = blockOf()
  const mismatch = { verdict: 'reject', code: 'BLOCK_DATA_MISMATCH' }
  const foreign = (payload: Uint8Array, accessList = block.accessList): Block => ({ ...block, payload, accessList })
  expect(checkBlockData(foreign(block.payload, Uint8Array.of(0xc1, 0x80)))).toEqual(mismatch)
  expect(checkBlockData(foreign(blockOf({ stateRoot: hashOf(51) }).payload))).toEqual(mismatch)
  const execution = encodeExecutionHeaderOf(block.payload)
  const body = encodeRlp([[Uint8Array.of(2, 0xc0)], [], []])
  const size = execution.length + body.length - 1
  const padded = Uint8Array.of(0xf9, size >> 8, size & 255, ...execution, ...body.subarray(1))
  expect(checkBlockData(foreign(padded))).toEqual(mismatch)
  expect(checkBlockData(foreign(Uint8Array.of(0xc0)))).toEqual({ verdict: 'reject', code: 'BLOCK_DATA_MALFORMED' })
})

it('accepts a clock at most five seconds ahead', () => {
  expect(isTimestampAcceptable(sampleHeader, sampleHeader.timeMs - 5_000)).toBe(true)
  expect(isTimestampAcceptable(sampleHeader, sampleHeader.timeMs - 5_001)).toBe(false)
})

it('counts epochs from the block after genesis', () => {
  expect([0, 1, 100, 101, 200, 201].map((at) => epochOfHeight(height(at), 100))).toEqual([0, 0, 0, 1, 1, 2])
  expect([0, 1, 99, 100, 101, 200].map((at) => isBoundaryHeight(height(at), 100))).toEqual([
    false,
    false,
    false,
    true,
    false,
    true,
  ])
})
