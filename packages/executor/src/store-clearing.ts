/** Deletes in batches what can be more than one batch should hold. */
import type { KeyRange, KeyValueStore } from '@cairn/ports'
import { assert } from '@cairn/primitives'
import { CLEAR_BATCH_ENTRIES } from './limits.ts'

/** Empties a store: an interrupted genesis or restore left part of a state and no head. */
export async function clearStore(store: KeyValueStore): Promise<void> {
  await clear(store, {})
}

/** All keys that begin with `prefix`, whose last byte is not 255. */
export async function clearRange(store: KeyValueStore, prefix: Uint8Array): Promise<void> {
  const end = prefix.slice()
  end[end.length - 1] = (end.at(-1) as number) + 1
  await clear(store, { gte: prefix, lt: end })
}

async function clear(store: KeyValueStore, range: KeyRange): Promise<void> {
  for (;;) {
    const keys: Uint8Array[] = []
    for await (const [key] of store.entries({ ...range, limit: CLEAR_BATCH_ENTRIES })) keys.push(key)
    assert(keys.length <= CLEAR_BATCH_ENTRIES, 'a store gives no more entries than asked for')
    if (keys.length === 0) return
    await store.batch(keys.map((key) => ({ type: 'delete', key })))
  }
}
