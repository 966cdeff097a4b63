/**
 * Signed bytes (consensus.md «Signed bytes»): a fixed length per kind, so that no two subjects share an encoding, and the
 * genesis hash in them, so that no signature is good on another chain.
 *
 * vote   = "cairn/1" ‖ kind (1) ‖ genesis hash (32) ‖ epoch u64 ‖ view u64 ‖ hash (32) = 88 bytes
 * RANDAO = "cairn/1" ‖ kind (1) ‖ genesis hash (32) ‖ epoch u64 ‖ view u64             = 56 bytes
 */
import { bytesFromHex, bytesFromUint64, concatBytes } from '@cairn/primitives'
import type { Epoch, Hash, View } from '@cairn/primitives'
import type { VoteKind, VoteSubject } from './vote.ts'

const DOMAIN = new TextEncoder().encode('cairn/1')
const KIND_BYTE: Readonly<Record<VoteKind | 'randao', number>> = { notarize: 1, nullify: 2, finalize: 3, randao: 4 }

/** What a vote signs, and what a certificate's aggregate is over. 88 bytes. */
export function voteSigningBytes(genesisHash: Hash, subject: VoteSubject): Uint8Array {
  const head = signingHead(KIND_BYTE[subject.kind], genesisHash, subject.epoch, subject.view)
  return concatBytes(head, bytesFromHex(subject.hash))
}

/** What a proposer signs as its RANDAO reveal of (epoch, view of first proposal). 56 bytes. */
export function randaoSigningBytes(genesisHash: Hash, epoch: Epoch, view: View): Uint8Array {
  return signingHead(KIND_BYTE.randao, genesisHash, epoch, view)
}

function signingHead(kind: number, genesisHash: Hash, epoch: Epoch, view: View): Uint8Array {
  return concatBytes(
    DOMAIN,
    Uint8Array.of(kind),
    bytesFromHex(genesisHash),
    bytesFromUint64(epoch),
    bytesFromUint64(view),
  )
}
