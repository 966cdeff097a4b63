/**
 * The state of the pivot, piece by piece: account chunks of several slices at once, the storages and codes of each
 * chunk's accounts, then the accounts themselves. A piece counts once it is proved against the pivot's root.
 */
import {
  EMPTY_CODE_HASH,
  EMPTY_TRIE_ROOT,
  SNAPSHOT_CODES_MAX,
  SNAPSHOT_OWNERS_MAX,
  decodeAccountLeaf,
  decodeSnapshotChunkResponse,
  decodeSnapshotCodesResponse,
  encodeSnapshotChunkRequest,
  encodeSnapshotCodesRequest,
} from '@cairn/chain'
import type { KeyInterval, PartialStorage, SnapshotRange } from '@cairn/chain'
import { keccak256 } from '@cairn/crypto'
import { assert } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import { SNAPSHOT_BATCHES_MAX } from '../limits.ts'
import type { SyncPeer } from '../sync-input.ts'
import { FIRST_KEY, keyAfter, slicesOf } from './key-space.ts'
import type { SnapshotContext } from './snapshot-context.ts'
import type { Pivot } from './snapshot-record.ts'

export interface SnapshotDownload {
  /** Sends what can be sent now. */
  schedule(pivot: Pivot): void
  /** Nothing is missing. */
  isComplete(): boolean
  missing(): readonly KeyInterval[]
  counts(): { readonly bytesReceived: number; readonly accountCount: number }
  /** What is in work is begun anew; what is stored stays. The context has dropped its requests. */
  reset(): void
}

export interface SnapshotDownloadOptions {
  readonly missing: readonly KeyInterval[]
  readonly chunkBytes: number
  /** Begins with one chunk, and cuts the rest into slices only if there is a rest. */
  readonly isFresh: boolean
  readonly storages: readonly PartialStorage[]
  readonly counts: { readonly bytesReceived: number; readonly accountCount: number }
  /** The record that goes with a step after which `missing` is what is left. */
  readonly progressOf: (missing: readonly KeyInterval[]) => Uint8Array
}

interface Slice {
  interval: KeyInterval
  /** From the request for its next chunk until its accounts are stored. */
  isBusy: boolean
}

interface Storage {
  readonly owner: Hash
  readonly root: Hash
  readonly start: Hash
}

interface Batch {
  readonly slice: Slice
  readonly items: SnapshotRange['items']
  /** What is left of the slice afterwards. */
  readonly rest: KeyInterval | undefined
  readonly storages: Storage[]
  readonly codes: Hash[]
  pendingCount: number
}

export function createSnapshotDownload(options: SnapshotDownloadOptions, context: SnapshotContext): SnapshotDownload {
  let slices: Slice[] = options.missing.map((interval) => ({ interval, isBusy: false }))
  let batches: Batch[] = []
  let { isFresh } = options
  let { bytesReceived, accountCount } = options.counts
  const known = new Map(options.storages.map((storage) => [storage.owner, storage]))
  const { peers } = context

  const missing = (): readonly KeyInterval[] => slices.map(({ interval }) => interval)

  const sendAccounts = (slice: Slice, peer: SyncPeer, pivot: Pivot): void => {
    slice.isBusy = true
    const retry = (): void => void (slice.isBusy = false)
    const { start } = slice.interval
    ask({ peer, pivot, owners: [], start, roots: [pivot.stateRoot] }, retry, ([range], [hasMore]) => {
      assert(range !== undefined && hasMore !== undefined, 'one range was asked for')
      openBatch(slice, range, hasMore)
    })
  }

  const openBatch = (slice: Slice, range: SnapshotRange, hasMore: boolean): void => {
    const { end } = slice.interval
    const items = range.items.filter(({ key }) => key <= end)
    const last = items.at(-1)
    const isEnd = !hasMore || items.length < range.items.length || last === undefined
    const next = isEnd ? undefined : keyAfter(last.key)
    let rest = next === undefined || next > end ? undefined : { start: next, end }
    if (isFresh && rest !== undefined && last !== undefined) {
      slices.push(...slicesOf(rest).map((interval) => ({ interval, isBusy: false })))
      slice.interval = { start: slice.interval.start, end: last.key }
      rest = undefined
    }
    isFresh = false
    const batch: Batch = { slice, items, rest, storages: [], codes: [], pendingCount: 0 }
    batches.push(batch)
    const hashes = new Set<Hash>()
    for (const { key, value } of items) {
      const account = decodeAccountLeaf(value)
      if (!account.ok) return context.restart()
      const { codeHash, storageRoot: root } = account.value
      if (codeHash !== EMPTY_CODE_HASH) hashes.add(codeHash)
      const partial = known.get(key)
      // A whole one has been carried along by access lists; that it is the account's is checked when both are stored.
      const isWhole = partial !== undefined && partial.next === undefined
      if (root === EMPTY_TRIE_ROOT || isWhole) continue
      batch.storages.push({ owner: key, root, start: partial?.next ?? FIRST_KEY })
    }
    if (hashes.size > 0) findCodes(batch, [...hashes])
    closeIfWhole(batch)
  }

  const findCodes = (batch: Batch, hashes: readonly Hash[]): void => {
    batch.pendingCount++
    context.step(
      () => ({ kind: 'find-codes', hashes }),
      (absent) => {
        batch.pendingCount--
        batch.codes.push(...absent)
        closeIfWhole(batch)
      },
    )
  }

  const sendStorages = (batch: Batch, peer: SyncPeer, pivot: Pivot): void => {
    const [first] = batch.storages
    assert(first !== undefined, 'a batch with storages to fetch')
    const isFirst = (storage: Storage): boolean => storage.start === FIRST_KEY
    const count = isFirst(first) ? batch.storages.findIndex((storage) => !isFirst(storage)) : 1
    const group = batch.storages.splice(0, Math.min(count < 0 ? batch.storages.length : count, SNAPSHOT_OWNERS_MAX))
    batch.pendingCount++
    const retry = (): void => {
      batch.pendingCount--
      batch.storages.push(...group)
    }
    const wanted = { owners: group.map(({ owner }) => owner), start: first.start, roots: group.map(({ root }) => root) }
    ask({ peer, pivot, ...wanted }, retry, (ranges, results) => {
      const parts = ranges.map(({ items }, index) => {
        const { owner } = group[index] as Storage
        const last = items.at(-1)
        return { owner, items, next: results[index] === true && last !== undefined ? keyAfter(last.key) : undefined }
      })
      context.step(
        () => ({ kind: 'storages', ranges: parts, progress: options.progressOf(missing()) }),
        (roots) => {
          // Stored whatever has become of the batch.
          for (const [index, { owner, next }] of parts.entries()) {
            known.set(owner, { owner, root: roots[index] as Hash, next })
          }
          if (!batches.includes(batch)) return
          batch.pendingCount--
          for (const [index, { owner, next }] of parts.entries()) {
            const { root } = group[index] as Storage
            if (next !== undefined) batch.storages.unshift({ owner, root, start: next })
            else if (roots[index] !== root) return context.restart()
          }
          batch.storages.push(...group.slice(parts.length))
          closeIfWhole(batch)
        },
      )
    })
  }

  const sendCodes = (batch: Batch, peer: SyncPeer): void => {
    const group = batch.codes.splice(0, SNAPSHOT_CODES_MAX)
    batch.pendingCount++
    const retry = (): void => {
      batch.pendingCount--
      batch.codes.push(...group)
    }
    context.request(peer, 'snapshot-codes', encodeSnapshotCodesRequest({ hashes: group }), {
      onFailed: () => {
        peers.failed(peer, context.nowMs())
        retry()
      },
      onData: (data) => {
        const decoded = decodeSnapshotCodesResponse(data)
        const codes = decoded.ok ? decoded.value.codes : []
        const given = new Set(codes.map((code) => keccak256(code)))
        if (!decoded.ok || given.size < codes.length || [...given].some((hash) => !group.includes(hash))) {
          context.condemn(peer, 'SNAPSHOT_BAD_CODE')
          return retry()
        }
        if (codes.length === 0) {
          peers.failed(peer, context.nowMs())
          return retry()
        }
        peers.succeeded(peer)
        bytesReceived += data.length
        context.step(
          () => ({ kind: 'codes', codes }),
          () => {
            batch.pendingCount--
            batch.codes.push(...group.filter((hash) => !given.has(hash)))
            closeIfWhole(batch)
          },
        )
      },
    })
  }

  /** Storages and codes are there: the accounts themselves. */
  const closeIfWhole = (batch: Batch): void => {
    if (!batches.includes(batch) || batch.pendingCount > 0 || batch.storages.length > 0 || batch.codes.length > 0)
      return
    batch.pendingCount = 1
    const { slice, rest, items } = batch
    const left = (): readonly KeyInterval[] =>
      slices.flatMap((other) => (other === slice ? (rest === undefined ? [] : [rest]) : [other.interval]))
    context.step(
      () => {
        accountCount += items.length
        return { kind: 'accounts', items, progress: options.progressOf(left()) }
      },
      () => {
        batches = batches.filter((other) => other !== batch)
        for (const { key } of items) known.delete(key)
        slice.isBusy = false
        if (rest === undefined) slices = slices.filter((other) => other !== slice)
        else slice.interval = rest
      },
    )
  }

  interface Chunk {
    readonly peer: SyncPeer
    readonly pivot: Pivot
    readonly owners: readonly Hash[]
    readonly start: Hash
    /** Of the tries asked for. */
    readonly roots: readonly Hash[]
  }

  /** Requests a chunk and hands on what is proved; anything else condemns the sender, and the chunk is asked for anew. */
  const ask = (
    { peer, pivot, owners, start, roots }: Chunk,
    retry: () => void,
    onProved: (ranges: readonly SnapshotRange[], hasMore: readonly (boolean | undefined)[]) => void,
  ): void => {
    const request = { height: pivot.height, owners, start, maxBytes: options.chunkBytes }
    const condemn = (): void => {
      context.condemn(peer, 'SNAPSHOT_BAD_CHUNK')
      retry()
    }
    context.request(peer, 'snapshot-chunk', encodeSnapshotChunkRequest(request), {
      onFailed: (isRefused) => {
        if (isRefused) {
          peers.lacks(peer, pivot.hash)
          peers.ended(peer)
        } else peers.failed(peer, context.nowMs())
        retry()
      },
      onData: (data) => {
        const decoded = decodeSnapshotChunkResponse(data)
        const ranges = decoded.ok ? decoded.value.ranges : []
        if (ranges.length === 0 || ranges.length > roots.length) return condemn()
        const toVerify = ranges.map((range, index) => ({
          root: roots[index] as Hash,
          start: index === 0 ? start : FIRST_KEY,
          range,
        }))
        context.verify(toVerify, (results) => {
          if (results.some((result) => result === undefined)) return condemn()
          peers.succeeded(peer)
          bytesReceived += data.length
          context.progressed()
          onProved(ranges, results)
        })
      },
    })
  }

  const nextJob = (): ((peer: SyncPeer, pivot: Pivot) => void) | undefined => {
    const withStorages = batches.find(({ storages }) => storages.length > 0)
    if (withStorages !== undefined) return (peer, pivot) => sendStorages(withStorages, peer, pivot)
    const withCodes = batches.find(({ codes }) => codes.length > 0)
    if (withCodes !== undefined) return (peer) => sendCodes(withCodes, peer)
    if (slices.filter(({ isBusy }) => isBusy).length >= SNAPSHOT_BATCHES_MAX) return undefined
    const idle = slices.find(({ isBusy }) => !isBusy)
    return idle && ((peer, pivot) => sendAccounts(idle, peer, pivot))
  }

  return {
    missing,
    counts: () => ({ bytesReceived, accountCount }),
    isComplete: () => slices.length === 0,
    schedule: (pivot) => {
      while (context.hasRoom()) {
        const job = nextJob()
        const peer = job && peers.next(context.nowMs(), { height: pivot.height, pivotHash: pivot.hash })
        if (job === undefined || peer === undefined) return
        job(peer, pivot)
      }
    },
    reset: () => {
      batches = []
      for (const slice of slices) slice.isBusy = false
    },
  }
}
