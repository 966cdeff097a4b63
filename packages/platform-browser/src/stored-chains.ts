/**
 * Which chains have databases in this origin, by when they were last opened: each new genesis of a development network
 * would leave its predecessors' behind for ever. What a validator needs for its safety (keys, vote records) is not here
 * and never deleted.
 */
import { type ChainSpec, chainSpecHash } from '@cairn/chain'
import type { Clock, KeyValueStore, Log } from '@cairn/ports'
import { chainsToForget } from './chains-to-forget.ts'
import { deleteDatabase } from './indexeddb-database.ts'
import { createIndexedDbStore } from './indexeddb-store.ts'
import { CHAINS_LISTED_MAX } from './limits.ts'
import { deleteStateStore } from './state-store.ts'

const REGISTRY = 'cairn-chains'

/** The databases of a chain: verified blocks, state, peers, what a light tab trusts. */
export interface StoreNames {
  readonly state: string
  readonly chain: string
  readonly peers: string
  readonly light: string
}

/** `id` names the chain in this origin. */
function storeNamesOf(id: string): StoreNames {
  return {
    state: `cairn-state-${id}`,
    chain: `cairn-chain-${id}`,
    peers: `cairn-peers-${id}`,
    light: `cairn-light-${id}`,
  }
}

/** Short name of the chain in this origin. */
export function chainIdOf(chainSpec: ChainSpec): string {
  return chainSpecHash(chainSpec).slice(2, 18)
}

/** Of one chain: another chain on the same origin does not touch them. */
export function storeNames(chainSpec: ChainSpec): StoreNames {
  return storeNamesOf(chainIdOf(chainSpec))
}

/** Notes that chain `id` is in use and deletes those used longest ago. Never rejects: it is housekeeping. */
export async function forgetOldChains(id: string, deps: { readonly clock: Clock; readonly log: Log }): Promise<void> {
  try {
    const registry = await createIndexedDbStore(REGISTRY)
    await registry.batch([{ type: 'put', key: bytesOf(id), value: bytesOf(String(deps.clock.nowMs())) }])
    for (const old of chainsToForget(await readChains(registry), id)) {
      const names = storeNamesOf(old)
      await deleteStateStore(names.state)
      for (const name of [names.chain, names.peers, names.light]) await deleteDatabase(name)
      await registry.batch([{ type: 'delete', key: bytesOf(old) }])
      deps.log.info('databases of an earlier chain deleted', { chain: old })
    }
    await registry.close()
  } catch (error) {
    deps.log.warn('databases of earlier chains stay', { error })
  }
}

/** Chain → when it was opened last; an entry that says nothing sensible is the oldest. */
async function readChains(registry: KeyValueStore): Promise<ReadonlyMap<string, number>> {
  const chains = new Map<string, number>()
  for await (const [key, value] of registry.entries({ limit: CHAINS_LISTED_MAX })) {
    const openedAtMs = Number(new TextDecoder().decode(value))
    chains.set(new TextDecoder().decode(key), Number.isFinite(openedAtMs) ? openedAtMs : 0)
  }
  return chains
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
