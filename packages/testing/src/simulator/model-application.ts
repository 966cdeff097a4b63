/**
 * The simulated chain: validators with fake keys, a genesis, and an application whose state is a running digest of
 * the payloads. Execution is real in what consensus sees of it: a root that follows from parent and payload.
 */
import { EMPTY_LIST_HASH, blockFromParts, genesisEpochState, isBoundaryHeight } from '@cairn/chain'
import type { Block, BlockContext, ChainSpec, ConsensusHeader, ValidatorSet } from '@cairn/chain'
import type { BlockChecks, FinalizedHead, VerificationContext } from '@cairn/consensus'
import { keccak256 } from '@cairn/crypto'
import type { Bls } from '@cairn/crypto'
import {
  ACCEPT,
  ZERO_ADDRESS,
  ZERO_HASH,
  concatBytes,
  bytesFromHex,
  epoch,
  height,
  reject,
  view,
} from '@cairn/primitives'
import type { Hash, Verdict } from '@cairn/primitives'
import { createFakeBls } from './fake-bls.ts'

/** What all actors of one run share. */
export interface SimulatedChain {
  readonly spec: ChainSpec
  readonly bls: Bls
  readonly secretKeys: readonly Uint8Array[]
  readonly validators: ValidatorSet
  readonly genesisHash: Hash
  readonly genesis: FinalizedHead
  readonly verification: VerificationContext
}

/** Unix time at which virtual time starts, milliseconds. */
export const EPOCH_START_MS = 1_700_000_000_000

export function createSimulatedChain(weights: readonly bigint[], seed: number): SimulatedChain {
  const bls = createFakeBls()
  const secretKeys = weights.map((_, index) =>
    bytesFromHex(digestOf(new Uint8Array([index, seed & 255, (seed >> 8) & 255]))),
  )
  const members = weights.map((weight, index) => ({
    publicKey: bls.publicKey(secretKeys[index] as Uint8Array),
    weight,
    feeRecipient: ZERO_ADDRESS,
    peerId: '',
    proofOfPossession: new Uint8Array(96),
  }))
  const spec: ChainSpec = {
    name: 'simulated',
    chainId: 1,
    genesisTimeMs: EPOCH_START_MS,
    epochLengthBlocks: 1_000_000,
    unbondingEpochs: 28,
    timing: { leaderTimeoutMs: 400, leaderTimeoutMaxMs: 8_000, heartbeatMs: 1_000 },
    gasLimit: 1n,
    baseFeePerGas: 1n,
    blockSizeMaxBytes: 1_000,
    coreWasmSha256: ZERO_HASH,
    depositContractAddress: ZERO_ADDRESS,
    validators: members,
    alloc: [],
  }
  const epochState = genesisEpochState(spec)
  const { validators } = epochState
  const { header, hash } = blockFromParts(genesisHeader(validators), new Uint8Array(), new Uint8Array())
  return {
    spec,
    bls,
    secretKeys,
    validators,
    genesisHash: hash,
    genesis: { header, hash, finalization: undefined, epochState },
    verification: { bls, keys: bls.keySet(members.map((member) => member.publicKey)), validators, genesisHash: hash },
  }
}

/** State root after `payload` on top of `parentRoot`. */
export function executeModel(parentRoot: Hash, payload: Uint8Array): Hash {
  return digestOf(concatBytes(bytesFromHex(parentRoot), payload))
}

/** `@cairn/chain`'s checks without the Ethereum payload. */
export const modelChecks: BlockChecks = {
  checkBlockData: (block: Block): Verdict =>
    digestOf(block.payload) === block.header.executionBlockHash ? ACCEPT : reject('BLOCK_DATA_MISMATCH'),
  checkBlock: ({ header }: Block, context: BlockContext): Verdict => {
    const { parent, spec, validatorSet } = context
    const isFollowing =
      header.chainId === spec.chainId &&
      header.height === parent.height + 1 &&
      header.parentHash === context.parentHash &&
      header.parentView === parent.view &&
      header.view > parent.view &&
      header.timeMs > parent.timeMs &&
      header.proposer === context.leaders(header.view) &&
      header.validatorSetHash === validatorSet.hash &&
      (header.nextValidatorSetHash !== ZERO_HASH) === isBoundaryHeight(header.height, spec.epochLengthBlocks)
    return isFollowing ? ACCEPT : reject('BLOCK_WRONG_HEADER')
  },
}

/** 32 bytes from two multiplicative lanes: distinct for what a run makes, and far cheaper than a real hash. */
export function digestOf(bytes: Uint8Array): Hash {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193)
    b = Math.imul(b ^ byte, 0x85ebca6b) ^ (b >>> 13)
  }
  const lane = (bits: number): string => (bits >>> 0).toString(16).padStart(8, '0')
  return `0x${lane(a)}${lane(b)}${lane(a ^ (b << 7))}${lane(b ^ (a >>> 5))}`.padEnd(66, '5') as Hash
}

function genesisHeader(validators: ValidatorSet): ConsensusHeader {
  return {
    chainId: 1,
    epoch: epoch(0),
    view: view(0),
    parentView: view(0),
    height: height(0),
    parentHash: keccak256(new Uint8Array()),
    timeMs: EPOCH_START_MS,
    proposer: 0,
    executionBlockHash: ZERO_HASH,
    stateRoot: ZERO_HASH,
    accessListHash: EMPTY_LIST_HASH,
    evidenceRoot: EMPTY_LIST_HASH,
    randaoReveal: new Uint8Array(),
    validatorSetHash: validators.hash,
    nextValidatorSetHash: ZERO_HASH,
  }
}
