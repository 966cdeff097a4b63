/**
 * The reference `KeyValueStore`, on a medium that outlives it: tests and the simulator crash the medium and
 * open a new store on it. Invariant: a crash loses exactly the batches after the last durable one.
 */
import { CodedError, assert } from '@cairn/primitives'
import type { BatchOperation, KeyRange, KeyValueStore } from '@cairn/ports'

/** What a memory store writes to: the «disk». One store may be open on it at a time. */
export interface MemoryMedium {
  /** Keys as one character a byte, so that string order is byte order. */
  readonly values: Map<string, Uint8Array>
  /** Inverse operations of the batches that are not durable yet, oldest first. */
  readonly undo: (readonly [key: string, before: Uint8Array | undefined])[]
  /** Power loss: forgets what is not durable. Stores open on the medium must not be used afterwards. */
  crash(): void
}

/** An empty disk. */
export function createMemoryMedium(): MemoryMedium {
  const values = new Map<string, Uint8Array>()
  const undo: (readonly [string, Uint8Array | undefined])[] = []
  return {
    values,
    undo,
    crash: () => {
      for (const [key, before] of undo.splice(0).reverse()) {
        if (before === undefined) values.delete(key)
        else values.set(key, before)
      }
    },
  }
}

/** Opens a store on `medium`, by default one of its own. */
export function createMemoryStore(medium: MemoryMedium = createMemoryMedium()): KeyValueStore {
  let closed = false
  let sortedKeys: readonly string[] | undefined

  const assertOpen = (): void => {
    if (closed) throw new CodedError('STORE_CLOSED', 'the memory store is closed')
  }
  const read = (key: Uint8Array): Uint8Array | undefined => {
    assertOpen()
    return medium.values.get(textFromKey(key))?.slice()
  }

  return {
    get: async (key) => read(key),
    getSync: read,
    getMany: async (keys) => keys.map(read),
    batch: async (operations, options) => {
      assertOpen()
      for (const operation of operations) apply(medium, operation)
      if (options?.durable === true) medium.undo.length = 0
      sortedKeys = undefined
    },
    entries: async function* (range) {
      assertOpen()
      sortedKeys ??= [...medium.values.keys()].sort(compareText)
      for (const key of keysInRange(sortedKeys, range)) {
        assertOpen()
        const value = medium.values.get(key)
        if (value !== undefined) yield [keyFromText(key), value.slice()]
      }
    },
    close: async () => {
      closed = true
    },
  }
}

function apply(medium: MemoryMedium, operation: BatchOperation): void {
  const key = textFromKey(operation.key)
  medium.undo.push([key, medium.values.get(key)])
  if (operation.type === 'put') medium.values.set(key, new Uint8Array(operation.value))
  else medium.values.delete(key)
}

function keysInRange(sorted: readonly string[], range: KeyRange): readonly string[] {
  const from = range.gte === undefined ? 0 : lowerBound(sorted, textFromKey(range.gte))
  const to = range.lt === undefined ? sorted.length : lowerBound(sorted, textFromKey(range.lt))
  const limit = range.limit ?? sorted.length
  if (range.reverse === true) return sorted.slice(Math.max(from, to - limit), Math.max(from, to)).reverse()
  return sorted.slice(from, Math.min(to, from + limit))
}

/** Index of the first key ≥ `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareText(sorted[middle] as string, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function textFromKey(key: Uint8Array): string {
  assert(key.length > 0, 'a key is not empty')
  let text = ''
  for (const byte of key) text += String.fromCharCode(byte)
  return text
}

function keyFromText(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
