/**
 * What a tab's network keeps over a reload: its own identity, the peers that were good, and bans. A browser that keeps
 * nothing (private mode, no space) gets a new identity each time.
 */
import { generateIdentity, peerIdFromIdentity } from '@cairn/network'
import type { PeerMemory } from '@cairn/network'
import type { KeyValueStore, Log } from '@cairn/ports'
import { createIndexedDbStore } from './indexeddb-store.ts'

export interface TabPeers {
  /** libp2p private key; secret. */
  readonly identity: Uint8Array
  readonly memory: PeerMemory | undefined
}

/** Opens the database `name`. Never rejects. */
export async function openTabPeers(name: string, log: Log): Promise<TabPeers> {
  try {
    const store = await createIndexedDbStore(name)
    return { identity: await ownIdentity(store), memory: memoryIn(store) }
  } catch (error) {
    log.warn('peers are not remembered', { error })
    return { identity: await generateIdentity(), memory: undefined }
  }
}

async function ownIdentity(store: KeyValueStore): Promise<Uint8Array> {
  const stored = await store.get(IDENTITY)
  if (stored !== undefined && isIdentity(stored)) return stored
  const identity = await generateIdentity()
  await store.batch([{ type: 'put', key: IDENTITY, value: identity }])
  return identity
}

function isIdentity(bytes: Uint8Array): boolean {
  try {
    return peerIdFromIdentity(bytes) !== ''
  } catch {
    return false
  }
}

function memoryIn(store: KeyValueStore): PeerMemory {
  return {
    load: () => store.get(PEERS),
    save: (record) => store.batch([{ type: 'put', key: PEERS, value: record }]),
  }
}

const IDENTITY = new TextEncoder().encode('identity')
const PEERS = new TextEncoder().encode('peers')
