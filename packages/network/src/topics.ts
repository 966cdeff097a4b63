/**
 * Names on the wire. They carry the start of the genesis hash, so nodes of different chains share no topic and
 * no request protocol even when they are connected.
 */
import type { Hash } from '@cairn/primitives'
import type { RequestProtocol, Topic } from '@cairn/ports'

/** All topics, in the order of their numbers in metrics. */
export const TOPICS: readonly Topic[] = [
  'transactions',
  'proposals',
  'votes',
  'certificates',
  'status',
  'evidence',
  'leaving',
  'announcements',
]

/** `/cairn/<first 8 hex of the genesis hash>/<topic>/1` */
export function topicName(genesisHash: Hash, topic: Topic): string {
  return `/cairn/${genesisPrefix(genesisHash)}/${topic}/1`
}

/** `/cairn/<first 8 hex of the genesis hash>/req/<protocol>/1` */
export function requestProtocolName(genesisHash: Hash, protocol: RequestProtocol): string {
  return `/cairn/${genesisPrefix(genesisHash)}/req/${protocol}/1`
}

/** `/cairn/<first 8 hex of the genesis hash>/kad/1` */
export function dhtProtocolName(genesisHash: Hash): string {
  return `/cairn/${genesisPrefix(genesisHash)}/kad/1`
}

function genesisPrefix(genesisHash: Hash): string {
  return genesisHash.slice(2, 10)
}
