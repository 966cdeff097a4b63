/** Empties a store in batches: an interrupted genesis or restore left part of a state and no head. */
import type { KeyValueStore } from '@cairn/ports'
import { assert } from '@cairn/primitives'
import { CLEAR_BATCH_ENTRIES } from './limits.ts'

export async function clearStore(store: KeyValueStore): Promise<void> {
  for (;;) {
    const keys: Uint8Array[] = []
    for await (const [key] of store.entries({ limit: CLEAR_BATCH_ENTRIES })) keys.push(key)
    assert(keys.length <= CLEAR_BATCH_ENTRIES, 'a store gives no more entries than asked for')
    if (keys.length === 0) return
    await store.batch(keys.map((key) => ({ type: 'delete', key })))
  }
}
