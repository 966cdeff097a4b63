/**
 * What a light tab trusted last, over a reload: one record of one chain in IndexedDB. It says through which checkpoint that
 * was reached: whoever names another one begins anew.
 */
import type { Checkpoint, LightMemory } from '@cairn/node'
import { bytesFromHex, bytesFromUint64, concatBytes, equalBytes } from '@cairn/primitives'
import { createIndexedDbStore } from './indexeddb-store.ts'

const TRUSTED = new TextEncoder().encode('trusted')
const TAG_BYTES = 40

/** In the database `name`, opened for each use: there is one in an epoch. @throws CodedError `STORE_FAILED`, `STORE_FULL` */
export function createLightMemory(name: string, checkpoint: Checkpoint | undefined): LightMemory {
  const tag = tagOf(checkpoint)
  return {
    load: async () => {
      const store = await createIndexedDbStore(name)
      const record = await store.get(TRUSTED)
      await store.close()
      if (record === undefined) return undefined
      const isOurs = checkpoint === undefined || equalBytes(record.subarray(0, TAG_BYTES), tag)
      return isOurs ? record.subarray(TAG_BYTES) : undefined
    },
    save: async (block) => {
      const store = await createIndexedDbStore(name)
      await store.batch([{ type: 'put', key: TRUSTED, value: concatBytes(tag, block) }])
      await store.close()
    },
  }
}

function tagOf(checkpoint: Checkpoint | undefined): Uint8Array {
  if (checkpoint === undefined) return new Uint8Array(TAG_BYTES)
  return concatBytes(bytesFromUint64(checkpoint.epoch), bytesFromHex(checkpoint.hash))
}
