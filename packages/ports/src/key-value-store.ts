/** An ordered byte-keyed map with atomic batches: LevelDB, IndexedDB or memory. */

export type BatchOperation =
  | { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: Uint8Array }

/** Bounds compare lexicographically; `gte` inclusive, `lt` exclusive. */
export interface KeyRange {
  readonly gte?: Uint8Array
  readonly lt?: Uint8Array
  readonly reverse?: boolean
  /** At most this many entries. */
  readonly limit?: number
}

export interface KeyValueStore {
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /** Present where the platform can read synchronously (LevelDB); absent in browsers. */
  readonly getSync?: (key: Uint8Array) => Uint8Array | undefined
  /** Same order and length as `keys`. */
  getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>
  /** All or nothing. `durable`: survives power loss once resolved. @throws CodedError `STORE_FULL`, `STORE_FAILED` */
  batch(operations: readonly BatchOperation[], options?: { readonly durable?: boolean }): Promise<void>
  entries(range: KeyRange): AsyncIterable<readonly [key: Uint8Array, value: Uint8Array]>
  close(): Promise<void>
}

/** A durable sequence of records: the write-ahead log's medium. */
export interface AppendLog {
  /** Durable (fsync or strict durability) once resolved. Records ≤ 64 KiB. */
  append(record: Uint8Array): Promise<void>
  /** All records in order. A torn last record is cut off; any other damage @throws CodedError `WAL_CORRUPT`. */
  read(): Promise<readonly Uint8Array[]>
  /** Atomically replaces the content. */
  replace(records: readonly Uint8Array[]): Promise<void>
  close(): Promise<void>
}
