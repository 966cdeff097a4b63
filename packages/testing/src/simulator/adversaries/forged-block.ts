/** What adversaries with a leader's key make: well-formed blocks and votes that no honest signer would. */
import { EMPTY_LIST_HASH, blockFromParts, voteSigningBytes, randaoSigningBytes } from '@cairn/chain'
import type { Block, ConsensusHeader, ValidatorSet, Vote, VoteKind } from '@cairn/chain'
import { ZERO_HASH, assert, height, view as viewOf } from '@cairn/primitives'
import type { Hash, View } from '@cairn/primitives'
import { digestOf } from '../model/digest.ts'
import { payloadOf } from '../model/ledger.ts'
import { indexInSet } from '../model/model-chain.ts'
import type { SimulatedChain } from '../model/model-chain.ts'
import type { SimulatedNode } from '../node/simulated-node.ts'

/** A key that signs, and where it stands in the set. */
export interface KeyInSet {
  readonly set: ValidatorSet
  readonly proposer: number
  readonly slot: number
}

export interface ForgedParent {
  readonly hash: Hash
  readonly header: ConsensusHeader
}

/** A valid child of `parent` by the validator `proposer` of `set`, its content decided by `salt`; never an epoch's last. */
export function forgeBlock(
  chain: SimulatedChain,
  { set, proposer, slot }: KeyInSet,
  view: View,
  parent: ForgedParent,
  salt: number,
): Block {
  const payload = payloadOf(salt)
  const stateRoot = chain.ledgers.execute(parent.header.stateRoot, payload)
  assert(stateRoot !== undefined, 'an empty payload is always valid')
  const secretKey = chain.secretKeys[slot] as Uint8Array
  return blockFromParts(
    {
      chainId: chain.spec.chainId,
      epoch: set.epoch,
      view,
      parentView: parent.header.epoch === set.epoch ? parent.header.view : viewOf(0),
      height: height(parent.header.height + 1),
      parentHash: parent.hash,
      timeMs: parent.header.timeMs + 1,
      proposer,
      executionBlockHash: digestOf(payload),
      stateRoot,
      accessListHash: digestOf(new Uint8Array()),
      evidenceRoot: EMPTY_LIST_HASH,
      randaoReveal: chain.bls.sign(secretKey, randaoSigningBytes(chain.genesisHash, set.epoch, view)),
      validatorSetHash: set.hash,
      nextValidatorSetHash: ZERO_HASH,
    },
    payload,
    new Uint8Array(),
  )
}

/** The same block with other content, also where it ends an epoch. */
export function forgeSibling(chain: SimulatedChain, block: Block, parentStateRoot: Hash, salt: number): Block {
  const payload = payloadOf(salt)
  const stateRoot = chain.ledgers.execute(parentStateRoot, payload)
  assert(stateRoot !== undefined, 'an empty payload is always valid')
  const header = { ...block.header, executionBlockHash: digestOf(payload), stateRoot }
  return blockFromParts(header, payload, block.accessList, block.evidence)
}

/** Signed without asking any signer. */
export function forgeVote(
  chain: SimulatedChain,
  { set, proposer, slot }: KeyInSet,
  kind: VoteKind,
  view: View,
  hash: Hash,
): Vote {
  const subject = { kind, epoch: set.epoch, view, hash: kind === 'nullify' ? ZERO_HASH : hash }
  const secretKey = chain.secretKeys[slot] as Uint8Array
  const signature = chain.bls.sign(secretKey, voteSigningBytes(chain.genesisHash, subject))
  return { ...subject, validator: proposer, signature }
}

/** The place of a slot's key in the set that `node` is in; `undefined`: it is down, or the key is out. */
export function keyInSet(chain: SimulatedChain, node: SimulatedNode, slot: number): KeyInSet | undefined {
  if (!node.isUp) return undefined
  const set = node.consensus.validators
  const proposer = indexInSet(chain, set, slot)
  return proposer === undefined ? undefined : { set, proposer, slot }
}
