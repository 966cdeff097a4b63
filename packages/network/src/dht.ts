/**
 * Kademlia over the servers of one chain (`@libp2p/kad-dht`): how a node finds servers that none of its peers knows.
 * Servers answer; tabs only ask, and load it when they know too few peers. Only routing is used: nothing is stored.
 */
import type { Log, PeerId, Random } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { kadDhtService, startKadDht } from './libp2p-view.ts'
import type { KadDhtOptions, Libp2pView, ServiceFactory } from './libp2p-view.ts'
import { DHT_WALK_MAX_MS, DHT_WALK_PEERS_MAX } from './limits.ts'
import { dhtProtocolName } from './topics.ts'

export interface Dht {
  /** Looks around a random place, and reports each server heard of. Never rejects. */
  walk(onFound: (peer: PeerId, addresses: readonly string[], teller: PeerId) => void): Promise<void>
  stop(): Promise<void>
}

export interface DhtOptions {
  readonly genesisHash: Hash
  /** `server` answers others, and needs an address that they can dial. */
  readonly mode: 'server' | 'client'
  readonly localNetwork: boolean
}

/** As a service of libp2p from its start on: a server must speak the protocol before anybody asks what it speaks. */
export function dhtService(options: DhtOptions): Promise<ServiceFactory> {
  return kadDhtService(kadOptions(options))
}

/** The node's own service, else one started now; libp2p must be. */
export async function openDht(
  options: DhtOptions,
  deps: { readonly libp2p: Libp2pView; readonly random: Random; readonly log: Log },
): Promise<Dht> {
  const service = deps.libp2p.services.dht
  const dht = service ?? (await startKadDht(deps.libp2p, kadOptions(options)))
  return {
    async walk(onFound) {
      let found = 0
      try {
        const signal = AbortSignal.timeout(DHT_WALK_MAX_MS)
        for await (const { name, from, closer } of dht.getClosestPeers(deps.random.bytes(32), { signal })) {
          if (name !== 'PEER_RESPONSE' || closer === undefined || from === undefined) continue
          for (const { id, multiaddrs } of closer) {
            if ((found += 1) > DHT_WALK_PEERS_MAX) return
            const peer = id.toString()
            const suffix = `/p2p/${peer}`
            const addresses = multiaddrs.map(String).map((text) => (text.endsWith(suffix) ? text : text + suffix))
            onFound(peer, addresses, from.toString())
          }
        }
      } catch (error) {
        deps.log.debug('the walk through the DHT ended early', { error })
      }
    },
    // libp2p stops its services by itself.
    stop: async () => (service === undefined ? dht.stop() : undefined),
  }
}

function kadOptions({ genesisHash, mode, localNetwork }: DhtOptions): KadDhtOptions {
  return { protocol: dhtProtocolName(genesisHash), clientMode: mode === 'client', localNetwork }
}
