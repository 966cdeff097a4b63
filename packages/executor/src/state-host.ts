/**
 * What the core reads: layers of uncommitted blocks over a cache over the state store. Where the store reads
 * synchronously (LevelDB) a request runs once. Elsewhere (IndexedDB, the far past of an archive) the core answers NEED, the missing keys come in
 * one batch, and the request runs again: same result, because a request is a pure function of what it reads.
 *
 * The caller serializes: nothing is written to the store while an evaluation is under way.
 */
import { CodedError } from '@cairn/primitives'
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import type { ChangesetEntry } from './abi/changeset.ts'
import type { Core, CoreResult, Operation, StateRead } from './core-instance.ts'
import { FINDS_AT_ONCE, NEED_KEYS_MAX, NEED_ROUNDS_MAX, STATE_KEY_MAX_BYTES } from './limits.ts'
import { DEFAULT_MEMORY_BUDGET } from './memory-budget.ts'
import type { PastState } from './past-state.ts'
import { bytesFromText, textFromBytes } from './state-key.ts'
import { createValueCache } from './value-cache.ts'

/** Changes of one uncommitted block: `null` deletes. */
export type StateLayer = ReadonlyMap<string, Uint8Array | null>

export type EvaluationResult = Exclude<CoreResult, { readonly status: 'need' }>

interface EvaluationOptions {
  /** Newest first. */
  readonly layers: readonly StateLayer[]
  /** The state to read instead of the committed head's. */
  readonly past?: PastState | undefined
  /** Keys to load in one batch before the first run; ignored where the store reads synchronously. */
  readonly prefetch?: () => readonly Uint8Array[]
  /** Default `NEED_ROUNDS_MAX`. */
  readonly roundsMax?: number
}

export interface StateHost {
  /** Runs to an answer. @throws CodedError `STATE_NEED_ROUNDS` and those of `Core.run` */
  evaluate(operation: Operation, request: Uint8Array, options: EvaluationOptions): Promise<EvaluationResult>
  /** Values of the committed or of a past state, same order; `undefined` when absent. Not to be changed: caches hold them. */
  read(keys: readonly Uint8Array[], past?: PastState): Promise<readonly (Uint8Array | undefined)[]>
  /** Writes a changeset and `records` in one batch. */
  write(entries: readonly ChangesetEntry[], records: readonly BatchOperation[], durable: boolean): Promise<void>
  /** The store was changed behind it: the cache is emptied. */
  forget(): void
  /** Of the cache over the store, estimated. */
  cacheSizeBytes(): number
}

export function createStateHost(
  core: Core,
  store: KeyValueStore,
  cacheMaxBytes = DEFAULT_MEMORY_BUDGET.stateCacheMaxBytes,
): StateHost {
  const cache = createValueCache(cacheMaxBytes)
  const getSync = store.getSync?.bind(store)

  const readCommitted = (key: string): Uint8Array | null | undefined => {
    const cached = cache.get(key)
    if (cached !== undefined || getSync === undefined) return cached
    const value = getSync(bytesFromText(key)) ?? null
    cache.set(key, value)
    return value
  }

  /** `loaded` pins what this evaluation waited for: the cache may forget it in between. */
  const readerOf = (
    layers: readonly StateLayer[],
    loaded: Map<string, Uint8Array | null>,
    past: PastState | undefined,
  ): StateRead => {
    // Without synchronous reads only `load` knows what the past says of a key.
    if (past !== undefined && past.findSync === undefined) return (key) => loaded.get(key)
    return (key) => {
      for (const layer of layers) {
        const changed = layer.get(key)
        if (changed !== undefined) return changed
      }
      const before = past?.findSync?.(key)
      if (before !== undefined) return before
      if (loaded.size === 0) return readCommitted(key)
      const pinned = loaded.get(key)
      return pinned === undefined ? readCommitted(key) : pinned
    }
  }

  const load = async (
    keys: readonly Uint8Array[],
    loaded: Map<string, Uint8Array | null>,
    past?: PastState,
  ): Promise<void> => {
    const wanted = new Map<string, Uint8Array>()
    for (const key of keys) {
      const text = textFromBytes(key)
      if (!loaded.has(text)) wanted.set(text, key)
    }
    const missing = new Map<string, Uint8Array>()
    for (const [text, before] of await valuesBefore([...wanted.keys()], past)) {
      const known = before === undefined ? cache.get(text) : before
      if (known === undefined) missing.set(text, wanted.get(text) as Uint8Array)
      else loaded.set(text, known)
    }
    const values = await store.getMany([...missing.values()])
    let index = 0
    for (const text of missing.keys()) {
      const value = values[index++] ?? null
      loaded.set(text, value)
      cache.set(text, value)
    }
  }

  return {
    evaluate: async (operation, request, options) => {
      const loaded = new Map<string, Uint8Array | null>()
      const read = readerOf(options.layers, loaded, options.past)
      if (getSync === undefined && options.prefetch !== undefined) await load(options.prefetch(), loaded)
      const roundsMax = options.roundsMax ?? NEED_ROUNDS_MAX
      for (let round = 0; round <= roundsMax; round++) {
        const result = core.run(operation, request, read)
        if (result.status !== 'need') return result
        assertNeed(result.keys)
        const sizeBefore = loaded.size
        await load(result.keys, loaded, options.past)
        if (loaded.size === sizeBefore) throw new CodedError('STATE_NEED_ROUNDS', 'the core asks again for loaded keys')
      }
      throw new CodedError('STATE_NEED_ROUNDS', `not answered after ${roundsMax} rounds of loading`)
    },
    read: async (keys, past) => {
      const loaded = new Map<string, Uint8Array | null>()
      const isAsync = getSync === undefined || (past !== undefined && past.findSync === undefined)
      if (isAsync) await load(keys, loaded, past)
      const read = readerOf([], loaded, past)
      return keys.map((key) => read(textFromBytes(key)) ?? undefined)
    },
    write: async (entries, records, durable) => {
      const operations: BatchOperation[] = entries.map(({ key, value }) =>
        value === undefined ? { type: 'delete', key } : { type: 'put', key, value },
      )
      operations.push(...records)
      try {
        await store.batch(operations, { durable })
      } catch (error) {
        cache.clear()
        throw error
      }
      for (const { key, value } of entries) cache.set(textFromBytes(key), value ?? null)
    },
    forget: () => cache.clear(),
    cacheSizeBytes: () => cache.sizeBytes(),
  }
}

/** What a past state says of each key: `FINDS_AT_ONCE` reads under way together. */
async function valuesBefore(
  keys: readonly string[],
  past: PastState | undefined,
): Promise<readonly (readonly [key: string, value: Uint8Array | null | undefined])[]> {
  if (past === undefined) return keys.map((key) => [key, undefined])
  const found: (readonly [string, Uint8Array | null | undefined])[] = []
  for (let from = 0; from < keys.length; from += FINDS_AT_ONCE) {
    const some = keys.slice(from, from + FINDS_AT_ONCE)
    found.push(...(await Promise.all(some.map(async (key) => [key, await past.find(key)] as const))))
  }
  return found
}

function assertNeed(keys: readonly Uint8Array[]): void {
  if (keys.length > NEED_KEYS_MAX || keys.some((key) => key.length > STATE_KEY_MAX_BYTES)) {
    throw new CodedError('CORE_RESPONSE_MALFORMED', 'NEED answer out of bounds')
  }
}
