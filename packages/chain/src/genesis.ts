/** The genesis block: consensus header of height 0, which commits to the chain spec as its parent. */
import { ZERO_HASH, epoch, height, view } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type { Block } from './block.ts'
import { EMPTY_LIST_HASH } from './block-check.ts'
import { blockFromParts } from './block-codec.ts'
import type { ChainSpec } from './chain-spec.ts'
import { chainSpecHash } from './chain-spec.ts'
import { createValidatorSet } from './validator-set.ts'
import type { ValidatorSet } from './validator-set.ts'

/** The execution layer's genesis, computed by the core from the same spec. */
export interface GenesisExecution {
  readonly executionBlockHash: Hash
  readonly stateRoot: Hash
  /** RLP of the Ethereum genesis block. */
  readonly payload: Uint8Array
}

/** Its hash is the genesis hash that every signature contains. */
export function genesisBlock(spec: ChainSpec, execution: GenesisExecution): Block {
  return blockFromParts(
    {
      chainId: spec.chainId,
      epoch: epoch(0),
      view: view(0),
      parentView: view(0),
      height: height(0),
      parentHash: chainSpecHash(spec),
      timeMs: spec.genesisTimeMs,
      proposer: 0,
      executionBlockHash: execution.executionBlockHash,
      stateRoot: execution.stateRoot,
      accessListHash: EMPTY_LIST_HASH,
      evidenceRoot: EMPTY_LIST_HASH,
      randaoReveal: new Uint8Array(0),
      validatorSetHash: genesisValidatorSet(spec).hash,
      nextValidatorSetHash: ZERO_HASH,
    },
    execution.payload,
    Uint8Array.of(0xc0),
  )
}

/** The set of epoch 0. Its leader seed is the spec's hash: nobody has revealed anything yet. */
export function genesisValidatorSet(spec: ChainSpec): ValidatorSet {
  const validators = spec.validators.map(({ publicKey, weight, feeRecipient, peerId }) => ({
    publicKey,
    weight,
    feeRecipient,
    peerId,
  }))
  return createValidatorSet(epoch(0), validators, chainSpecHash(spec))
}
