/**
 * Polled filters (`eth_new*Filter`). Block and log filters are only a cursor into the chain, which never
 * reorganizes; a pending-transaction filter keeps a bounded list. Idle filters are dropped.
 */
import { height as heightFrom } from '@cairn/primitives'
import type { Hash, Height, Hex } from '@cairn/primitives'
import type { Clock } from '@cairn/ports'
import type { RpcBackend } from './backend.ts'
import { JsonRpcError, RPC_CODE, limitExceeded } from './json-rpc-error.ts'
import type { RpcLimits } from './limits.ts'
import type { LogFilter } from './log-filter.ts'
import { heightOf } from './block-reference.ts'
import { logsInRange } from './log-filter.ts'
import type { ChainContext } from './chain-context.ts'

type Filter =
  | { readonly kind: 'logs'; readonly filter: LogFilter; nextHeight: Height; usedMs: number }
  | { readonly kind: 'blocks'; nextHeight: Height; usedMs: number }
  | { readonly kind: 'pending'; readonly hashes: Hash[]; readonly unsubscribe: () => void; usedMs: number }

export interface FilterRegistry {
  /** The new filter's id. @throws JsonRpcError −32005 when `filtersMax` are in use */
  addLogs(filter: LogFilter): Hex
  addBlocks(): Hex
  addPending(): Hex
  /** What is new since the last poll: logs or hashes. @throws JsonRpcError −32000 `filter not found` */
  changes(id: Hex, context: ChainContext): Promise<readonly unknown[]>
  /** The filter of an `addLogs`. @throws JsonRpcError −32000 `filter not found` */
  logFilter(id: Hex): LogFilter
  /** Whether there was such a filter. */
  remove(id: Hex): boolean
  clear(): void
}

export interface FilterRegistryDeps {
  readonly backend: Pick<RpcBackend, 'chain' | 'events'>
  readonly clock: Clock
  /** An id that other callers cannot guess: they could eat its changes. */
  readonly newId: () => Hex
}

export function createFilterRegistry(limits: RpcLimits, deps: FilterRegistryDeps): FilterRegistry {
  const filters = new Map<Hex, Filter>()
  const nextHeight = (): Height => heightFrom(deps.backend.chain.headHeight() + 1)
  const remove = (id: Hex): boolean => {
    const filter = filters.get(id)
    if (filter?.kind === 'pending') filter.unsubscribe()
    return filters.delete(id)
  }
  const dropIdle = (): void => {
    const oldestMs = deps.clock.monotonicMs() - limits.filterIdleMs
    for (const [id, filter] of filters) if (filter.usedMs < oldestMs) remove(id)
  }
  const add = (create: (usedMs: number) => Filter): Hex => {
    dropIdle()
    if (filters.size >= limits.filtersMax) throw limitExceeded('filtersMax', 'too many filters on this node')
    const id = deps.newId()
    filters.set(id, create(deps.clock.monotonicMs()))
    return id
  }
  const find = (id: Hex): Filter => {
    dropIdle()
    const filter = filters.get(id)
    if (filter === undefined) throw filterNotFound()
    filter.usedMs = deps.clock.monotonicMs()
    return filter
  }
  return {
    addLogs: (filter) => add((usedMs) => ({ kind: 'logs', filter, nextHeight: nextHeight(), usedMs })),
    addBlocks: () => add((usedMs) => ({ kind: 'blocks', nextHeight: nextHeight(), usedMs })),
    addPending: () =>
      add((usedMs) => {
        const hashes: Hash[] = []
        const unsubscribe = deps.backend.events.onPendingTransaction((hash) => {
          if (hashes.length >= limits.filterHashesMax) hashes.shift()
          hashes.push(hash)
        })
        return { kind: 'pending', hashes, unsubscribe, usedMs }
      }),
    changes: (id, context) => changesOf(find(id), context),
    logFilter: (id) => {
      const filter = find(id)
      if (filter.kind !== 'logs') throw filterNotFound()
      return filter.filter
    },
    remove,
    clear: () => {
      for (const id of filters.keys()) remove(id)
    },
  }
}

async function changesOf(filter: Filter, context: ChainContext): Promise<readonly unknown[]> {
  if (filter.kind === 'pending') return filter.hashes.splice(0)
  const head = context.backend.chain.headHeight()
  const first = filter.nextHeight
  if (first > head) return []
  const last = heightFrom(Math.min(head, first + context.limits.logBlocksMax - 1))
  // Moved before the first await, so that two polls at once do not both get the same changes.
  filter.nextHeight = heightFrom(last + 1)
  if (filter.kind === 'logs') return newLogs(filter.filter, first, last, context)
  const hashes: Hash[] = []
  for (let height = first; height <= last; height = heightFrom(height + 1)) {
    const view = await context.views.byHeight(height)
    if (view !== undefined) hashes.push(view.hash)
  }
  return hashes
}

/** The filter's own range bounds what counts as new; its `latest` moves with the chain. */
async function newLogs(
  filter: LogFilter,
  first: Height,
  last: Height,
  context: ChainContext,
): Promise<readonly unknown[]> {
  if (filter.blockHash !== undefined) return []
  const from = filter.from.kind === 'height' ? Number(filter.from.height) : 0
  const to = filter.to.kind === 'head' ? last : (heightOf(filter.to, context) ?? last)
  const start = Math.max(first, from)
  const end = Math.min(last, to)
  if (start > end) return []
  return logsInRange(filter.criteria, heightFrom(start), heightFrom(end), context)
}

function filterNotFound(): JsonRpcError {
  return new JsonRpcError(RPC_CODE.invalidInput, 'filter not found')
}
