/** An ordered byte-keyed map with atomic batches: LevelDB, IndexedDB or memory. */

/** Operations of a batch apply in their order: of two on one key the later wins. */
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

/**
 * Keys are not empty; values may be. Stores copy what they are given, and what they return
 * belongs to the caller, as plain `Uint8Array`s.
 * Every operation after `close` @throws CodedError `STORE_CLOSED`.
 */
export interface KeyValueStore {
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /** Present where the platform can read synchronously (LevelDB); absent in browsers. */
  readonly getSync?: (key: Uint8Array) => Uint8Array | undefined
  /** Same order and length as `keys`. */
  getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]>
  /**
   * All or nothing. `durable`: survives power loss once resolved, with every batch before it.
   * @throws CodedError `STORE_FULL`, `STORE_FAILED`
   */
  batch(operations: readonly BatchOperation[], options?: { readonly durable?: boolean }): Promise<void>
  /** In key order. No snapshot: a write during the iteration may or may not be seen. */
  entries(range: KeyRange): AsyncIterable<readonly [key: Uint8Array, value: Uint8Array]>
  /** Idempotent. */
  close(): Promise<void>
}

/**
 * A durable sequence of records: the write-ahead log's medium.
 * After a failed `append` the log refuses further ones (`STORE_FAILED`) until it is opened anew or replaced:
 * what a failed fsync left behind is unknown.
 */
export interface AppendLog {
  /**
   * Durable (fsync or strict durability) once resolved. Records ≤ 64 KiB; calls need not wait for each other.
   * @throws CodedError `STORE_FULL`, `STORE_FAILED`, `STORE_CLOSED`, `WAL_CORRUPT`
   */
  append(record: Uint8Array): Promise<void>
  /** All records in order. A torn last record is cut off; any other damage @throws CodedError `WAL_CORRUPT`. */
  read(): Promise<readonly Uint8Array[]>
  /** Atomically replaces the content; also the way on after `WAL_CORRUPT`. */
  replace(records: readonly Uint8Array[]): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}
