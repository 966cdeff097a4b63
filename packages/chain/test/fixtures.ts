/** Sample objects with every field set to something of its own, and a seeded validator set with its keys. */
import { keccak256 } from '@cairn/crypto'
import type { Bls } from '@cairn/crypto'
import { ZERO_HASH, addressFromBytes, epoch, hashFromBytes, height, view } from '@cairn/primitives'
import type { Address, Hash } from '@cairn/primitives'
import { blockFromParts, createValidatorSet } from '../src/index.ts'
import type {
  Block,
  Certificate,
  ConsensusHeader,
  Proposal,
  Validator,
  ValidatorSet,
  Vote,
  VoteKind,
} from '../src/index.ts'

export const hashOf = (seed: number): Hash => hashFromBytes(new Uint8Array(32).fill(seed))
export const addressOf = (seed: number): Address => addressFromBytes(new Uint8Array(20).fill(seed))

export const sampleHeader: ConsensusHeader = {
  chainId: 1337,
  epoch: epoch(2),
  view: view(9),
  parentView: view(7),
  height: height(205),
  parentHash: hashOf(1),
  timeMs: 1_795_000_000_123,
  proposer: 3,
  executionBlockHash: hashOf(2),
  stateRoot: hashOf(3),
  accessListHash: hashOf(4),
  evidenceRoot: hashOf(5),
  randaoReveal: new Uint8Array(96).fill(6),
  validatorSetHash: hashOf(7),
  nextValidatorSetHash: hashOf(0),
}

export const sampleBlock: Block = blockFromParts(sampleHeader, Uint8Array.of(1, 2, 3), Uint8Array.of(0xc0))

/** A child of `parent` with empty data. */
export function childOf(parent: Block): Block {
  const { header } = parent
  return blockFromParts(
    {
      ...header,
      height: height(header.height + 1),
      parentHash: parent.hash,
      view: view(header.view + 1),
      parentView: header.view,
      timeMs: header.timeMs + 1,
    },
    new Uint8Array(0),
    new Uint8Array(0),
  )
}

export function sampleVote(kind: VoteKind, overrides: Partial<Vote> = {}): Vote {
  return {
    kind,
    epoch: epoch(2),
    view: view(9),
    hash: kind === 'nullify' ? hashOf(0) : sampleBlock.hash,
    validator: 3,
    signature: new Uint8Array(96).fill(8),
    ...overrides,
  }
}

export function sampleCertificate(kind: VoteKind, overrides: Partial<Certificate> = {}): Certificate {
  return {
    kind,
    epoch: epoch(2),
    view: view(7),
    hash: kind === 'nullify' ? hashOf(0) : hashOf(1),
    signers: Uint8Array.of(0b1110),
    signature: new Uint8Array(96).fill(9),
    ...overrides,
  }
}

export const sampleProposal: Proposal = {
  block: sampleBlock,
  epoch: epoch(2),
  view: view(9),
  parentView: view(7),
  parentHash: hashOf(1),
  entryProof: {
    base: sampleCertificate('notarize'),
    nullifications: [sampleCertificate('nullify', { view: view(8) })],
  },
  vote: sampleVote('notarize'),
}

/** Validators with weights as given and keys that only look like keys. */
export function sampleValidators(weights: readonly bigint[]): readonly Validator[] {
  return weights.map((weight, index) => ({
    publicKey: Uint8Array.from({ length: 48 }, (_, byte) => (byte < 2 ? (index >> (8 * byte)) & 0xff : 0xaa)),
    weight,
    feeRecipient: addressOf(index & 0xff),
    peerId: `peer-${index}`,
  }))
}

/** Four validators of weight 1 with real keys, for epoch 2. */
export function keyedSet(bls: Bls): { readonly set: ValidatorSet; readonly secrets: readonly Uint8Array[] } {
  const secrets = [1, 2, 3, 4].map((seed) => bls.secretKeyFromEntropy(new Uint8Array(32).fill(seed)))
  const validators = secrets.map((secret, index) => ({
    publicKey: bls.publicKey(secret),
    weight: 1n,
    feeRecipient: addressOf(index + 1),
    peerId: '',
  }))
  return { set: createValidatorSet(epoch(2), validators, ZERO_HASH), secrets }
}

export const GENESIS_HASH = keccak256(new TextEncoder().encode('genesis of the tests'))
