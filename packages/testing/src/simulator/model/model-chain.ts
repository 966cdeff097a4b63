/**
 * The simulated chain: validators with fake keys, a genesis, the model's application. Execution is real in what
 * consensus sees of it: a root that follows from parent and payload, or an invalid block.
 */
import {
  EMPTY_LIST_HASH,
  blockFromParts,
  epochOfHeight,
  epochStateAfter,
  genesisEpochState,
  isBoundaryHeight,
} from '@cairn/chain'
import type { Block, BlockContext, ChainSpec, ConsensusHeader, EpochState, ValidatorSet } from '@cairn/chain'
import { createEvidenceVerifier } from '@cairn/consensus'
import type { BlockChecks, FinalizedHead, VerificationContext } from '@cairn/consensus'
import { keccak256 } from '@cairn/crypto'
import type { Bls } from '@cairn/crypto'
import {
  ACCEPT,
  ZERO_ADDRESS,
  ZERO_HASH,
  bytesFromHex,
  epoch,
  equalBytes,
  height,
  reject,
  view,
} from '@cairn/primitives'
import type { Epoch, Hash, Verdict } from '@cairn/primitives'
import { digestOf } from './digest.ts'
import { createFakeBls } from './fake-bls.ts'
import { createLedgers } from './ledger.ts'
import type { Ledgers } from './ledger.ts'

/** What all actors of one run share. */
export interface SimulatedChain {
  readonly spec: ChainSpec
  readonly bls: Bls
  /** By slot: the validators of genesis, then those who join later. */
  readonly secretKeys: readonly Uint8Array[]
  readonly publicKeys: readonly Uint8Array[]
  readonly genesisHash: Hash
  readonly genesis: FinalizedHead
  readonly ledgers: Ledgers
  contextOf(set: ValidatorSet): VerificationContext
  /** As of `block` on top of `before`. */
  epochStateAfter(before: EpochState, block: Block): EpochState
}

/** Who decides, and for how long. */
export interface ChainPlan {
  /** By slot; those beyond the first `genesisCount` are in no set before a change brings them in. */
  readonly weights: readonly bigint[]
  readonly genesisCount: number
  readonly epochLengthBlocks: number
  /** By epoch: the weights from there on, 0 for who is out. */
  readonly changes: readonly { readonly epoch: number; readonly weights: readonly bigint[] }[]
}

/** Unix time at which virtual time starts, milliseconds. */
export const EPOCH_START_MS = 1_700_000_000_000

export function createSimulatedChain(plan: ChainPlan, seed: number): SimulatedChain {
  const bls = createFakeBls()
  const secretKeys = plan.weights.map((_, index) => bytesFromHex(digestOf(`key ${index} of ${seed}`)))
  const publicKeys = secretKeys.map((key) => bls.publicKey(key))
  const membersOf = (weights: readonly bigint[]) =>
    weights.flatMap((weight, slot) => {
      const publicKey = publicKeys[slot]
      if (weight === 0n || publicKey === undefined) return []
      return [{ publicKey, weight, feeRecipient: ZERO_ADDRESS, peerId: '', proofOfPossession: new Uint8Array(96) }]
    })
  const spec: ChainSpec = {
    name: 'simulated',
    chainId: 1,
    genesisTimeMs: EPOCH_START_MS,
    epochLengthBlocks: plan.epochLengthBlocks,
    unbondingEpochs: 28,
    timing: { leaderTimeoutMs: 400, leaderTimeoutMaxMs: 8_000, heartbeatMs: 1_000 },
    gasLimit: 1n,
    baseFeePerGas: 1n,
    blockSizeMaxBytes: 1_000,
    coreWasmSha256: ZERO_HASH,
    depositContractAddress: ZERO_ADDRESS,
    validators: membersOf(plan.weights.slice(0, plan.genesisCount)),
    validatorChanges: plan.changes.map((change) => ({
      epoch: epoch(change.epoch),
      validators: membersOf(change.weights),
    })),
    alloc: [],
  }
  const epochState = genesisEpochState(spec)
  const { header, hash } = blockFromParts(genesisHeader(epochState.validators), new Uint8Array(), new Uint8Array())
  const contexts = new Map<Hash, VerificationContext>()
  const epochStates = new Map<Hash, EpochState>()
  const byEpoch = new Map<Epoch, VerificationContext>()
  const verifyEvidence = createEvidenceVerifier(hash, (of) => byEpoch.get(of))
  return {
    spec,
    bls,
    secretKeys,
    publicKeys,
    genesisHash: hash,
    genesis: { header, hash, finalization: undefined, epochState },
    ledgers: createLedgers(header.stateRoot),
    contextOf(validators) {
      const known = contexts.get(validators.hash)
      if (known !== undefined) return known
      const keys = bls.keySet(validators.validators.map((member) => member.publicKey))
      const context = { bls, keys, validators, genesisHash: hash, verifyEvidence }
      contexts.set(validators.hash, context)
      byEpoch.set(validators.epoch, context)
      return context
    },
    epochStateAfter(before, block) {
      const after = epochStates.get(block.hash) ?? epochStateAfter(before, block, spec)
      epochStates.set(block.hash, after)
      return after
    },
  }
}

/** Index of a slot's validator in `set`; `undefined`: it is not in it. */
export function indexInSet({ publicKeys }: SimulatedChain, set: ValidatorSet, slot: number): number | undefined {
  const publicKey = publicKeys[slot]
  const index = set.validators.findIndex((one) => publicKey !== undefined && equalBytes(one.publicKey, publicKey))
  return index < 0 ? undefined : index
}

/** `@cairn/chain`'s checks without the Ethereum payload. */
export const modelChecks: BlockChecks = {
  checkBlockData: (block: Block): Verdict =>
    digestOf(block.payload) === block.header.executionBlockHash &&
    keccak256(block.evidence) === block.header.evidenceRoot
      ? ACCEPT
      : reject('BLOCK_DATA_MISMATCH'),
  checkBlock: ({ header }: Block, context: BlockContext): Verdict => {
    const { parent, spec, validatorSet } = context
    const isBoundary = isBoundaryHeight(header.height, spec.epochLengthBlocks)
    const isFollowing =
      header.chainId === spec.chainId &&
      header.height === parent.height + 1 &&
      header.parentHash === context.parentHash &&
      header.epoch === epochOfHeight(header.height, spec.epochLengthBlocks) &&
      header.epoch === validatorSet.epoch &&
      header.validatorSetHash === validatorSet.hash &&
      header.parentView === (parent.epoch === header.epoch ? parent.view : 0) &&
      header.view > header.parentView &&
      header.timeMs > parent.timeMs &&
      header.proposer === context.leaders(header.view) &&
      header.nextValidatorSetHash === (isBoundary ? context.nextValidatorSetHash : ZERO_HASH)
    return isFollowing ? ACCEPT : reject('BLOCK_WRONG_HEADER')
  },
}

function genesisHeader(validators: ValidatorSet): ConsensusHeader {
  return {
    chainId: 1,
    epoch: epoch(0),
    view: view(0),
    parentView: view(0),
    height: height(0),
    parentHash: ZERO_HASH,
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
