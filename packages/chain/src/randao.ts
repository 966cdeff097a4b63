/** RANDAO: each proposer reveals its signature of (epoch, view), which it can neither choose nor predict for others. */
import { keccak256 } from '@cairn/crypto'
import type { BlsKeySet } from '@cairn/crypto'
import type { Hash } from '@cairn/primitives'
import type { ConsensusHeader } from './block.ts'
import { randaoSigningBytes } from './signing.ts'

/** Whether the reveal is the proposer's over the header's own (epoch, view). One verification. */
export function verifyRandaoReveal(header: ConsensusHeader, keySet: BlsKeySet, genesisHash: Hash): boolean {
  if (header.proposer >= keySet.size) return false
  const message = randaoSigningBytes(genesisHash, header.epoch, header.view)
  return keySet.verify(header.proposer, message, header.randaoReveal)
}

/** The execution header's prevRandao of a block with this reveal. */
export function prevRandaoFromReveal(randaoReveal: Uint8Array): Hash {
  return keccak256(randaoReveal)
}
