/**
 * Catch-up with the finalized chain (consensus.md «Catch-up», R7), the same for a restarted validator and for a tab:
 * a pure machine of inputs and effects, without clock, promises or I/O.
 *
 * Invariants: a peer's claimed height decides only whom to ask, never what to accept; one request is under way at a
 * time, since where a range ends is the answerer's choice; at most two verified ranges wait to be applied; a peer
 * that lies costs one request, then it must claim anew and is asked less and less often. A range is of one epoch, and the
 * next epoch is not asked for before the end of this one is applied.
 */
import { isBoundaryHeight } from '@cairn/chain'
import type { ChainStatus } from '@cairn/chain'
import type { Hash, Height } from '@cairn/primitives'
import { assert, height } from '@cairn/primitives'
import { RANGES_AHEAD_MAX, RANGE_BLOCKS } from './limits.ts'
import { judgeRange } from './range-check.ts'
import type { RangeChecks } from './range-check.ts'
import type { FinalizedPoint, SyncEffect, SyncInput, SyncPeer } from './sync-input.ts'
import { createSyncPeers } from './sync-peers.ts'

export interface SyncOptions {
  readonly genesisHash: Hash
  /** The local finalized head. */
  readonly head: FinalizedPoint
  readonly epochLengthBlocks: number
}

export type SyncDeps = RangeChecks

export interface Sync {
  /** `nowMs` is monotonic. Perform the effects in their order. */
  handle(input: SyncInput, nowMs: number): readonly SyncEffect[]
  progress(): SyncProgress
}

export interface SyncProgress {
  /** Blocks are missing that some peer claims to have. */
  readonly isSyncing: boolean
  /** Highest claim of a peer not caught lying; for display only. */
  readonly claimedHeight: Height
}

interface PendingRequest {
  readonly requestId: number
  readonly peer: SyncPeer
  readonly fromHeight: Height
}

/**
 * @example
 * const sync = createSync({ genesisHash, head }, { verifyFinalization, checkBlockData })
 * for (const effect of sync.handle({ type: 'peer-status', peer, status }, clock.monotonicMs())) perform(effect)
 */
export function createSync(options: SyncOptions, deps: SyncDeps): Sync {
  const peers = createSyncPeers()
  let head = options.head
  /** Last blocks of the ranges handed out and not applied, ascending. */
  let ahead: readonly FinalizedPoint[] = []
  let pending: PendingRequest | undefined
  let nextRequestId = 1
  let isSyncing = false

  const tip = (): FinalizedPoint => ahead.at(-1) ?? head

  const onStatus = (peer: SyncPeer, status: ChainStatus): SyncEffect[] => {
    if (status.genesisHash === options.genesisHash) {
      peers.claim(peer, status.height, status.oldestHeight)
      return []
    }
    peers.remove(peer)
    return [{ type: 'penalize', peer, code: 'SYNC_WRONG_CHAIN' }]
  }

  const onResponse = (requestId: number, data: Uint8Array, nowMs: number): SyncEffect[] => {
    if (pending?.requestId !== requestId) return []
    const { peer, fromHeight } = pending
    pending = undefined
    const judgement = judgeRange(data, fromHeight, tip(), deps)
    if (judgement.kind === 'fault') {
      peers.failed(peer, nowMs, true)
      return [{ type: 'penalize', peer, code: judgement.code }]
    }
    if (judgement.kind === 'conflict') {
      const { block, certificate } = judgement
      return [{ type: 'conflict', height: block.header.height, block, certificate }]
    }
    peers.succeeded(peer)
    if (judgement.kind === 'outdated') return []
    const { blocks, certificate } = judgement
    const last = blocks.at(-1)
    assert(last !== undefined, 'a good range is not empty')
    ahead = [...ahead, { height: last.header.height, hash: last.hash }]
    return [{ type: 'apply', blocks, certificate }]
  }

  const onFailure = (requestId: number, nowMs: number): void => {
    if (pending?.requestId !== requestId) return
    peers.failed(pending.peer, nowMs, false)
    pending = undefined
  }

  const react = (input: SyncInput, nowMs: number): SyncEffect[] => {
    switch (input.type) {
      case 'peer-status':
        return onStatus(input.peer, input.status)
      case 'response':
        return onResponse(input.requestId, input.data, nowMs)
      case 'request-failed':
        onFailure(input.requestId, nowMs)
        break
      case 'peer-gone':
        peers.remove(input.peer)
        break
      case 'head':
        if (input.head.height > head.height) head = input.head
        ahead = ahead.filter((point) => point.height > head.height)
        break
      case 'tick':
        break
    }
    return []
  }

  /** After every input: the next request, a timer for it, or the news that there is nothing left to do. */
  const goOn = (nowMs: number): SyncEffect[] => {
    if (pending !== undefined) return []
    const fromHeight = height(tip().height + 1)
    const retryAtMs = peers.retryAtMs(fromHeight)
    if (retryAtMs === undefined) {
      if (!isSyncing || ahead.length > 0) return []
      isSyncing = false
      return [{ type: 'done', height: head.height }]
    }
    isSyncing = true
    if (ahead.length >= RANGES_AHEAD_MAX) return []
    // The next epoch's certificates cannot be judged before its validators are known, by the applied end of this one.
    if (ahead.length > 0 && isBoundaryHeight(tip().height, options.epochLengthBlocks)) return []
    const peer = peers.next(fromHeight, nowMs)
    if (peer === undefined) return [{ type: 'set-timer', atMs: retryAtMs }]
    pending = { requestId: nextRequestId++, peer, fromHeight }
    return [{ type: 'request', ...pending, countMax: RANGE_BLOCKS }]
  }

  return {
    handle: (input, nowMs) => [...react(input, nowMs), ...goOn(nowMs)],
    progress: () => ({ isSyncing, claimedHeight: peers.claimedHeight() }),
  }
}
