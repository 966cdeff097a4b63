/**
 * Which blocks may hold logs of an address and topics, from the index alone. A filter is a conjunction of clauses
 * (the addresses; each topic position), a clause a disjunction of index prefixes. Heights are intersected window by
 * window: a window ends where the fullest page of any clause ends, so memory is bounded and rare entries are skipped to.
 */
import type { KeyValueStore } from '@cairn/ports'
import { height } from '@cairn/primitives'
import type { Address, Hash, Height } from '@cairn/primitives'
import { heightFromBytes, logAddressPrefix, logIndexKey, logTopicPrefix } from './key-layout.ts'
import { logIndexPageMax } from './limits.ts'

export interface LogHeightsQuery {
  /** First and last height, both inclusive. */
  readonly first: Height
  readonly last: Height
  /** Any of these emitters; empty: any address. */
  readonly addresses: readonly Address[]
  /** By position, any of these values; an empty list is a wildcard. */
  readonly topics: readonly (readonly Hash[])[]
  /** Stop after this many heights. */
  readonly heightsMax: number
}

/**
 * Ascending heights of blocks in which every clause of the query is met, though perhaps by different logs; without
 * any clause, all heights of the range.
 */
export async function findLogHeights(store: KeyValueStore, query: LogHeightsQuery): Promise<readonly Height[]> {
  const clauses = [
    query.addresses.map(logAddressPrefix),
    ...query.topics.map((values, position) => values.map((topic) => logTopicPrefix(position, topic))),
  ].filter((prefixes) => prefixes.length > 0)
  const found: Height[] = []
  let first: number = query.first
  while (first <= query.last && found.length < query.heightsMax) {
    const window = await intersect(store, clauses, height(first), query)
    found.push(...window.heights.slice(0, query.heightsMax - found.length))
    first = window.last + 1
  }
  return found
}

interface Window {
  /** Ascending. */
  readonly heights: readonly Height[]
  /** All matches up to here are in `heights`. */
  readonly last: Height
}

async function intersect(
  store: KeyValueStore,
  clauses: readonly (readonly Uint8Array[])[],
  first: Height,
  query: LogHeightsQuery,
): Promise<Window> {
  if (clauses.length === 0) return everyHeight(first, query)
  let last = query.last
  let heights: readonly Height[] | undefined
  for (const prefixes of clauses) {
    const pages = await Promise.all(prefixes.map((prefix) => readPage(store, prefix, first, last)))
    for (const page of pages) last = Math.min(last, page.last) as Height
    const union = new Set(pages.flatMap((page) => page.heights))
    heights = (heights ?? [...union]).filter((each) => union.has(each))
    if (heights.length === 0) break
  }
  return { heights: (heights ?? []).filter((each) => each <= last).sort((a, b) => a - b), last }
}

function everyHeight(first: Height, query: LogHeightsQuery): Window {
  const last = height(Math.min(query.last, first + query.heightsMax - 1))
  return { heights: Array.from({ length: last - first + 1 }, (_, index) => height(first + index)), last }
}

async function readPage(store: KeyValueStore, prefix: Uint8Array, first: Height, last: Height): Promise<Window> {
  const range = {
    gte: logIndexKey(prefix, first),
    lt: logIndexKey(prefix, height(last + 1)),
    limit: logIndexPageMax,
  }
  const heights: Height[] = []
  for await (const [key] of store.entries(range)) heights.push(heightFromBytes(key))
  return { heights, last: heights.length === logIndexPageMax ? (heights.at(-1) as Height) : last }
}
