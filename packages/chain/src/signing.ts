/**
 * Signed bytes (consensus.md «Signed bytes»): a fixed length per kind, so that no two subjects share an encoding, and the
 * genesis hash in them, so that no signature is good on another chain.
 *
 * vote            = "cairn/1" ‖ kind (1) ‖ genesis hash (32) ‖ epoch u64 ‖ view u64 ‖ hash (32) = 88 bytes
 * RANDAO, leaving = "cairn/1" ‖ kind (1) ‖ genesis hash (32) ‖ epoch u64 ‖ view u64             = 56 bytes
 * announcement    = as a vote, with keccak256 of the peer id's text in the place of the hash
 */
import { keccak256Bytes } from '@cairn/crypto'
import { bytesFromHex, bytesFromUint64 } from '@cairn/primitives'
import type { Epoch, Hash, View } from '@cairn/primitives'
import type { VoteKind, VoteSubject } from './vote.ts'

const DOMAIN = new TextEncoder().encode('cairn/1')
const KIND_BYTE: Readonly<Record<VoteKind | 'randao' | 'leaving' | 'announcement', number>> = {
  notarize: 1,
  nullify: 2,
  finalize: 3,
  randao: 4,
  leaving: 5,
  announcement: 6,
}

const HEAD_BYTES = 56
const HASH_BYTES = 32

/** What a vote signs, and what a certificate's aggregate is over. 88 bytes. */
export function voteSigningBytes(genesisHash: Hash, subject: VoteSubject): Uint8Array {
  return hashSigningBytes(KIND_BYTE[subject.kind], genesisHash, subject, bytesFromHex(subject.hash))
}

/** What a proposer signs as its RANDAO reveal of (epoch, view of first proposal). 56 bytes. */
export function randaoSigningBytes(genesisHash: Hash, epoch: Epoch, view: View): Uint8Array {
  return placeSigningBytes('randao', genesisHash, epoch, view)
}

/** What a validator signs that leaves in (epoch, view). 56 bytes. */
export function leavingSigningBytes(genesisHash: Hash, epoch: Epoch, view: View): Uint8Array {
  return placeSigningBytes('leaving', genesisHash, epoch, view)
}

/** What a validator signs that is reached at a peer, as of (epoch, view). 88 bytes. */
export function announcementSigningBytes(
  genesisHash: Hash,
  place: { readonly epoch: Epoch; readonly view: View },
  peerId: string,
): Uint8Array {
  const hash = keccak256Bytes(new TextEncoder().encode(peerId))
  return hashSigningBytes(KIND_BYTE.announcement, genesisHash, place, hash)
}

function hashSigningBytes(
  kind: number,
  genesisHash: Hash,
  { epoch, view }: { readonly epoch: Epoch; readonly view: View },
  hash: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + HASH_BYTES)
  writeHead(bytes, kind, genesisHash, epoch, view)
  bytes.set(hash, HEAD_BYTES)
  return bytes
}

function placeSigningBytes(kind: 'randao' | 'leaving', genesisHash: Hash, epoch: Epoch, view: View): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES)
  writeHead(bytes, KIND_BYTE[kind], genesisHash, epoch, view)
  return bytes
}

/** One buffer for all parts: each vote and certificate comes through here. */
function writeHead(bytes: Uint8Array, kind: number, genesisHash: Hash, epoch: Epoch, view: View): void {
  bytes.set(DOMAIN)
  bytes[DOMAIN.length] = kind
  bytes.set(genesisBytes(genesisHash), DOMAIN.length + 1)
  bytes.set(bytesFromUint64(epoch), 40)
  bytes.set(bytesFromUint64(view), 48)
}

/** A process signs and verifies for one chain, nearly always. */
let lastGenesis: { readonly hash: Hash; readonly bytes: Uint8Array } | undefined

function genesisBytes(hash: Hash): Uint8Array {
  if (lastGenesis?.hash !== hash) lastGenesis = { hash, bytes: bytesFromHex(hash) }
  return lastGenesis.bytes
}
