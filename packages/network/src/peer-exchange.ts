/**
 * Who else is there: the request `peers`. The asker says how it can be reached, the answer names peers that the
 * answerer is connected with, in their own words. Every node answers, tabs too, so that a mesh of tabs keeps finding
 * itself when the servers are gone. Nothing of it is believed: a dial proves who is there.
 */
import type { PeerId } from '@cairn/ports'
import { type Decoded, decodeRlp, encodeRlp } from '@cairn/primitives'
import {
  ADDRESSES_PER_PEER_MAX,
  ADDRESS_LENGTH_MAX,
  EXCHANGED_PEERS_MAX,
  PEER_ID_LENGTH_MAX,
  REQUEST_SIZE_MAX_BYTES,
  RESPONSE_SIZE_MAX_BYTES,
} from './limits.ts'
import { usableAddresses } from './peer-addresses.ts'

export interface KnownPeer {
  readonly peer: PeerId
  readonly addresses: readonly string[]
}

/** Own addresses. */
export function encodePeersRequest(addresses: readonly string[]): Uint8Array {
  return encodeRlp(addresses.slice(0, ADDRESSES_PER_PEER_MAX).map(bytesOf))
}

export function decodePeersRequest(data: Uint8Array): Decoded<readonly string[]> {
  return decodeRlp(data, REQUEST_SIZE_MAX_BYTES, (item) =>
    item.listOf(ADDRESSES_PER_PEER_MAX, (addresses) => addresses.text(ADDRESS_LENGTH_MAX)),
  )
}

export function encodePeersResponse(peers: readonly KnownPeer[]): Uint8Array {
  return encodeRlp(
    peers.slice(0, EXCHANGED_PEERS_MAX).map(({ peer, addresses }) => [bytesOf(peer), addresses.map(bytesOf)]),
  )
}

export function decodePeersResponse(data: Uint8Array): Decoded<readonly KnownPeer[]> {
  return decodeRlp(data, RESPONSE_SIZE_MAX_BYTES.peers, (item) =>
    item.listOf(EXCHANGED_PEERS_MAX, (peers) => {
      const fields = peers.list()
      const peer = fields.text(PEER_ID_LENGTH_MAX)
      const addresses = fields.listOf(ADDRESSES_PER_PEER_MAX, (texts) => texts.text(ADDRESS_LENGTH_MAX))
      fields.end()
      return { peer, addresses }
    }),
  )
}

/** What connected peers say of themselves, for the answers to others. */
export interface PeerDirectory {
  /** `addresses` as the peer itself gives them. */
  told(peer: PeerId, addresses: readonly string[]): void
  forget(peer: PeerId): void
  addressesOf(peer: PeerId): readonly string[]
  /** For `asker`: the peers told of last first. */
  listFor(asker: PeerId): readonly KnownPeer[]
}

export function createPeerDirectory(): PeerDirectory {
  const claims = new Map<PeerId, readonly string[]>()
  return {
    told(peer, addresses) {
      const usable = usableAddresses(addresses, peer)
      // Delete and set: the newest comes last.
      claims.delete(peer)
      if (usable.length > 0) claims.set(peer, usable)
    },
    forget: (peer) => void claims.delete(peer),
    addressesOf: (peer) => claims.get(peer) ?? [],
    listFor: (asker) =>
      [...claims]
        .flatMap(([peer, addresses]) => (peer === asker ? [] : [{ peer, addresses }]))
        .toReversed()
        .slice(0, EXCHANGED_PEERS_MAX),
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
