/**
 * A key-value store on one OPFS file, for measuring only: every batch is appended, an index in memory says where each
 * value is. No compaction, no checksums, no ordering but on demand: what a real one adds costs time on top.
 */
import type { BatchOperation, KeyRange, KeyValueStore } from '@cairn/ports'

/** Not in the DOM library of every TypeScript: a file that a worker reads and writes synchronously. */
interface SyncFile {
  getSize(): number
  read(bytes: Uint8Array, options: { readonly at: number }): number
  write(bytes: Uint8Array, options: { readonly at: number }): number
  flush(): void
  close(): void
}

interface Place {
  readonly at: number
  readonly lengthBytes: number
}

/** Of an entry before its key and value: key length, value length plus one; 0 deletes. */
const HEAD_BYTES = 8

export async function openOpfsLogStore(name: string): Promise<KeyValueStore> {
  const directory = await navigator.storage.getDirectory()
  const handle = await directory.getFileHandle(name, { create: true })
  const file = await (handle as unknown as { createSyncAccessHandle(): Promise<SyncFile> }).createSyncAccessHandle()
  const index = new Map<string, Place>()
  let end = readIndex(file, index)
  let sorted: string[] | undefined

  const read = (key: Uint8Array): Uint8Array | undefined => {
    const place = index.get(textOf(key))
    if (place === undefined) return undefined
    const value = new Uint8Array(place.lengthBytes)
    file.read(value, { at: place.at })
    return value
  }

  return {
    get: async (key) => read(key),
    getMany: async (keys) => keys.map(read),
    batch: async (operations, options) => {
      const bytes = encode(operations)
      file.write(bytes, { at: end })
      if (options?.durable === true) file.flush()
      apply(bytes, end, index)
      end += bytes.length
      sorted = undefined
    },
    entries: async function* (range: KeyRange) {
      sorted ??= [...index.keys()].sort()
      const [low, high] = [range.gte && textOf(range.gte), range.lt && textOf(range.lt)]
      let left = range.limit ?? Number.POSITIVE_INFINITY
      for (let at = low === undefined ? 0 : lowerBound(sorted, low); at < sorted.length && left-- > 0; at++) {
        const key = sorted[at] as string
        if (high !== undefined && key >= high) return
        const bytes = bytesOf(key)
        yield [bytes, read(bytes) as Uint8Array] as const
      }
    },
    close: async () => file.close(),
  }
}

function encode(operations: readonly BatchOperation[]): Uint8Array {
  const sizeBytes = operations.reduce(
    (sum, one) => sum + HEAD_BYTES + one.key.length + (one.type === 'put' ? one.value.length : 0),
    0,
  )
  const bytes = new Uint8Array(sizeBytes)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const one of operations) {
    const value = one.type === 'put' ? one.value : undefined
    view.setUint32(at, one.key.length)
    view.setUint32(at + 4, value === undefined ? 0 : value.length + 1)
    bytes.set(one.key, at + HEAD_BYTES)
    if (value !== undefined) bytes.set(value, at + HEAD_BYTES + one.key.length)
    at += HEAD_BYTES + one.key.length + (value?.length ?? 0)
  }
  return bytes
}

function apply(bytes: Uint8Array, start: number, index: Map<string, Place>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < bytes.length;) {
    const keyLength = view.getUint32(at)
    const valueLength = view.getUint32(at + 4) - 1
    const key = textOf(bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + keyLength))
    at += HEAD_BYTES + keyLength
    if (valueLength < 0) index.delete(key)
    else index.set(key, { at: start + at, lengthBytes: valueLength })
    at += Math.max(0, valueLength)
  }
}

function readIndex(file: SyncFile, index: Map<string, Place>): number {
  const bytes = new Uint8Array(file.getSize())
  file.read(bytes, { at: 0 })
  apply(bytes, 0, index)
  return bytes.length
}

function lowerBound(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
