/**
 * A checkpoint: the hash of an epoch's last block, from somebody the operator trusts. Certificates say which chain a quorum
 * of some epoch has finalized; keys of validators that left long ago could sign another one at no cost. A chain that does
 * not go through the checkpoint is not this node's, whatever its certificates say (consensus.md «Catch-up»).
 */
import {
  type Block,
  type ChainSpec,
  type ChainStatus,
  boundaryHeight,
  decodeEpochEndsResponse,
  encodeEpochEndsRequest,
  hashHeader,
} from '@cairn/chain'
import type { Network, PeerId } from '@cairn/ports'
import { CodedError, type Epoch, type Hash, type Height } from '@cairn/primitives'
import type { ChainReader } from '@cairn/storage'
import { CONTRADICTING_PEERS_MAX, STATUS_TIMEOUT_MS } from './limits.ts'

export interface Checkpoint {
  readonly epoch: Epoch
  /** Consensus hash of the last block of `epoch`. */
  readonly hash: Hash
}

export interface CheckpointGuard {
  /** @throws CodedError `CHECKPOINT_MISMATCH` when another block is at the checkpoint's height */
  assertBlock(block: Pick<Block, 'header' | 'hash'>): void
  /** @throws CodedError `CHECKPOINT_MISMATCH` when the stored chain is another one */
  assertChain(chain: ChainReader): Promise<void>
  /**
   * Whether the peer's chain goes through the checkpoint, as far as a node at `ownHeight` has to ask. One request; a peer
   * that shows another end of that epoch is penalized, one that is not there yet is of no use.
   * @throws CodedError of the network
   */
  admits(peer: PeerId, status: ChainStatus, ownHeight: Height): Promise<boolean>
}

/** Without a checkpoint everything passes. */
export function createCheckpointGuard(
  checkpoint: Checkpoint | undefined,
  { epochLengthBlocks }: ChainSpec,
  network: Pick<Network, 'request' | 'penalize'>,
): CheckpointGuard {
  if (checkpoint === undefined) {
    return { assertBlock: () => {}, assertChain: async () => {}, admits: async () => true }
  }
  const at = boundaryHeight(checkpoint.epoch, epochLengthBlocks)
  const assertBlock: CheckpointGuard['assertBlock'] = ({ header, hash }) => {
    if (header.height === at && hash !== checkpoint.hash) throw mismatch(checkpoint, at, hash)
  }
  /** Asked once, penalized once: who is asked for its head more often must not be cut off for the same answer. */
  const contradicting = new Set<PeerId>()
  return {
    assertBlock,
    assertChain: async (chain) => {
      const block = at > chain.head().height ? undefined : await chain.blockByHeight(at)
      if (block !== undefined) assertBlock(block)
    },
    admits: async (peer, status, ownHeight) => {
      if (ownHeight >= at) return true
      if (status.height < at || contradicting.has(peer)) return false
      const request = encodeEpochEndsRequest({ fromEpoch: checkpoint.epoch })
      const data = await network.request(peer, 'epoch-ends', request, { timeoutMs: STATUS_TIMEOUT_MS })
      const decoded = decodeEpochEndsResponse(data)
      const [end] = decoded.ok ? decoded.value.ends : []
      if (end !== undefined && hashHeader(end.header) === checkpoint.hash) return true
      if (end !== undefined) {
        const [oldest] = contradicting
        if (contradicting.size >= CONTRADICTING_PEERS_MAX && oldest !== undefined) contradicting.delete(oldest)
        contradicting.add(peer)
      }
      network.penalize(peer, 'CHECKPOINT_CONTRADICTED')
      return false
    },
  }
}

function mismatch(checkpoint: Checkpoint, at: Height, found: Hash): CodedError {
  return new CodedError(
    'CHECKPOINT_MISMATCH',
    `the chain’s block ${at} is ${found}, the checkpoint of epoch ${checkpoint.epoch} says ${checkpoint.hash}`,
    { data: { height: at, found, expected: checkpoint.hash } },
  )
}
