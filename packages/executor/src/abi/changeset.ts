/** Changesets: what a block changes in the state store. Sorted by key, each key once. */
import { textFromBytes } from '../state-key.ts'
import type { AbiReader } from './reader.ts'

/** Views of the response; `undefined` deletes. */
export interface ChangesetEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

export function readChangeset(reader: AbiReader): readonly ChangesetEntry[] {
  return reader.list((item) => {
    const key = item.bytes()
    return { key, value: item.optional((present) => present.bytes()) }
  })
}

/** The same as a lookup table; `null` deletes. */
export function layerFromChangeset(entries: readonly ChangesetEntry[]): Map<string, Uint8Array | null> {
  const layer = new Map<string, Uint8Array | null>()
  for (const { key, value } of entries) layer.set(textFromBytes(key), value ?? null)
  return layer
}
