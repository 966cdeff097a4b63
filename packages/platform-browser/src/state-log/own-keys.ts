/** Keys of the host's own records, which begin with 00: few, and asked for in order. */
import type { KeyRange } from '@cairn/ports'
import { bytesFromHex, hexFromBytes } from '@cairn/primitives'
import type { Hex } from '@cairn/primitives'

export interface OwnKeys {
  /** Any key, after it was put or deleted. */
  note(key: Uint8Array, isThere: boolean): void
  /** In no order. */
  keys(): readonly Uint8Array[]
  clear(): void
}

export function createOwnKeys(): OwnKeys {
  const own = new Set<Hex>()
  return {
    note: (key, isThere) => {
      if (key[0] !== 0) return
      if (isThere) own.add(hexFromBytes(key))
      else own.delete(hexFromBytes(key))
    },
    keys: () => [...own].map(bytesFromHex),
    clear: () => own.clear(),
  }
}

/** Whether all keys of the range begin with 00. */
export function isOwnRange({ lt }: KeyRange): boolean {
  return lt !== undefined && (lt[0] === 0 || (lt[0] === 1 && lt.length === 1))
}
