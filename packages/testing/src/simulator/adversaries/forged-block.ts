/** What adversaries with a leader's key make: well-formed blocks and votes that no honest signer would. */
import { EMPTY_LIST_HASH, blockFromParts, voteSigningBytes, randaoSigningBytes } from '@cairn/chain'
import type { Block, ConsensusHeader, Vote, VoteKind } from '@cairn/chain'
import { ZERO_HASH, bytesFromUint64, epoch, height } from '@cairn/primitives'
import type { Hash, View } from '@cairn/primitives'
import { digestOf, executeModel } from '../model-application.ts'
import type { SimulatedChain } from '../model-application.ts'

export interface ForgedParent {
  readonly hash: Hash
  readonly header: ConsensusHeader
}

/** A valid child of `parent`, its content decided by `salt`. */
export function forgeBlock(chain: SimulatedChain, slot: number, view: View, parent: ForgedParent, salt: number): Block {
  const payload = bytesFromUint64(salt)
  const secretKey = chain.secretKeys[slot] as Uint8Array
  return blockFromParts(
    {
      chainId: chain.spec.chainId,
      epoch: epoch(0),
      view,
      parentView: parent.header.view,
      height: height(parent.header.height + 1),
      parentHash: parent.hash,
      timeMs: parent.header.timeMs + 1,
      proposer: slot,
      executionBlockHash: digestOf(payload),
      stateRoot: executeModel(parent.header.stateRoot, payload),
      accessListHash: digestOf(new Uint8Array()),
      evidenceRoot: EMPTY_LIST_HASH,
      randaoReveal: chain.bls.sign(secretKey, randaoSigningBytes(chain.genesisHash, epoch(0), view)),
      validatorSetHash: chain.validators.hash,
      nextValidatorSetHash: ZERO_HASH,
    },
    payload,
    new Uint8Array(),
  )
}

/** Signed without asking any signer. */
export function forgeVote(chain: SimulatedChain, slot: number, kind: VoteKind, view: View, hash: Hash): Vote {
  const subject = { kind, epoch: epoch(0), view, hash: kind === 'nullify' ? ZERO_HASH : hash }
  const secretKey = chain.secretKeys[slot] as Uint8Array
  const signature = chain.bls.sign(secretKey, voteSigningBytes(chain.genesisHash, subject))
  return { ...subject, validator: slot, signature }
}
