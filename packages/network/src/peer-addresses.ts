/** Addresses that peers tell of themselves and of each other: bounded, of the right peer, one for each way to it. */
import type { PeerId } from '@cairn/ports'
import { ADDRESS_LENGTH_MAX, ADDRESSES_PER_PEER_MAX } from './limits.ts'
import { peerIdOf, transportOf } from './multiaddr-text.ts'

/** Direct ways before relayed ones. */
const ORDER = ['quic-v1', 'webrtc-direct', 'wss', 'ws', 'tcp', 'webrtc']

/**
 * Of `addresses` those that end in `peer` and go over one of `transports`, in that order, in which they are dialed; at most
 * `ADDRESSES_PER_PEER_MAX`. A relay counts once, by an address that a tab can dial.
 */
export function usableAddresses(
  addresses: readonly string[],
  peer: PeerId,
  transports: readonly string[] = ORDER,
): readonly string[] {
  const chosen = new Map<string, string>()
  for (const address of addresses) {
    if (!isPlausible(address) || peerIdOf(address) !== peer) continue
    const transport = transportOf(address)
    if (!transports.includes(transport)) continue
    const key = transport === 'webrtc' ? relayOf(address) : address
    const known = chosen.get(key)
    if (known === undefined || (!isForTabs(known) && isForTabs(address))) chosen.set(key, address)
  }
  const rank = (address: string): number => transports.indexOf(transportOf(address))
  return [...chosen.values()].toSorted((a, b) => rank(a) - rank(b)).slice(0, ADDRESSES_PER_PEER_MAX)
}

/** Short printable ASCII that begins like a multiaddr; whether it is one, dialing finds out. */
function isPlausible(address: string): boolean {
  return address.length <= ADDRESS_LENGTH_MAX && /^\/[\x21-\x7e]+$/.test(address)
}

/** Peer id of the relay in `…/p2p/<relay>/p2p-circuit/…`. */
function relayOf(address: string): string {
  return peerIdOf(address.split('/p2p-circuit')[0] ?? '') ?? address
}

function isForTabs(address: string): boolean {
  const [base = ''] = address.split('/p2p-circuit')
  return ['webrtc-direct', 'ws', 'wss'].includes(transportOf(base))
}
