/**
 * Snapshot sync (execution.md «Snapshot sync», after EIP-8189): a node without a state gets that of a finalized block
 * from several peers at once. A pure machine of inputs and effects, without clock, promises or I/O.
 *
 * Invariants: nothing is stored but what is proved against a root in a header that a certificate finalizes; one bad
 * piece condemns its sender and nobody else; each step is stored with the record of where it stands, so a machine made
 * from that record goes on; the whole is compared with the finalized root before it becomes anybody's head.
 */
import type { Certificate, ChainStatus, OpenedRestore } from '@cairn/chain'
import type { Hash, Height, Verdict } from '@cairn/primitives'
import { SNAPSHOT_CHUNK_BYTES, SNAPSHOT_REFUSED_MS, SNAPSHOT_RESTARTS_MAX, SNAPSHOT_STALL_MS } from '../limits.ts'
import type { SyncPeer } from '../sync-input.ts'
import { FIRST_KEY, LAST_KEY, shareOf } from './key-space.ts'
import { createSnapshotContext } from './snapshot-context.ts'
import { createSnapshotDownload } from './snapshot-download.ts'
import type { SnapshotDownload } from './snapshot-download.ts'
import type { NobodyLeft, SnapshotEffect, SnapshotInput } from './snapshot-input.ts'
import { createSnapshotPeers } from './snapshot-peers.ts'
import { createSnapshotPivot } from './snapshot-pivot.ts'
import type { SnapshotPivot } from './snapshot-pivot.ts'
import { decodeSnapshotRecord, encodeSnapshotRecord } from './snapshot-record.ts'
import type { Pivot, SnapshotRecord } from './snapshot-record.ts'

export interface SnapshotSyncOptions {
  readonly genesisHash: Hash
  /** What `openRestore` said. */
  readonly restored: OpenedRestore
  /** Keys and values asked for at once; default `SNAPSHOT_CHUNK_BYTES`. */
  readonly chunkBytes?: number | undefined
}

export interface SnapshotSyncDeps {
  /** Weight and aggregate signature of a finalization, against the validator set of its epoch. */
  readonly verifyFinalization: (certificate: Certificate) => Verdict
}

export interface SnapshotProgress {
  /** Of the block whose state is fetched; `undefined` while it is looked for. */
  readonly height: Height | undefined
  readonly bytesReceived: number
  readonly accountCount: number
  /** 0 to 1. */
  readonly share: number
  /** At the pace so far; `undefined` while nothing can be said. */
  readonly leftMs: number | undefined
  /** A new peer is waited for; `undefined`: there is somebody to ask, or nobody was met yet. */
  readonly nobodyLeft: NobodyLeft | undefined
}

export interface SnapshotSync {
  /** `nowMs` is monotonic. Perform the effects in their order; begin with a `tick`. */
  handle(input: SnapshotInput, nowMs: number): readonly SnapshotEffect[]
  progress(nowMs: number): SnapshotProgress
}

const EVERYTHING = { start: FIRST_KEY, end: LAST_KEY }

export function createSnapshotSync(options: SnapshotSyncOptions, deps: SnapshotSyncDeps): SnapshotSync {
  const peers = createSnapshotPeers()
  const context = createSnapshotContext(peers, deps.verifyFinalization, () => restart())
  let download: SnapshotDownload
  let pivot: SnapshotPivot
  let restartCount = 0
  let isFinishing = false
  let isOver = false
  let nobodyLeft: NobodyLeft | undefined
  let started: { readonly atMs: number; readonly share: number } | undefined

  const begin = (record: SnapshotRecord | undefined, storages: OpenedRestore['storages']): void => {
    const recordOf = (at: Pivot, missing: SnapshotRecord['missing']): Uint8Array =>
      encodeSnapshotRecord({ pivot: at, missing, ...download.counts() })
    download = createSnapshotDownload(
      {
        missing: record?.missing ?? [EVERYTHING],
        chunkBytes: options.chunkBytes ?? SNAPSHOT_CHUNK_BYTES,
        isFresh: record === undefined,
        storages,
        counts: { bytesReceived: record?.bytesReceived ?? 0, accountCount: record?.accountCount ?? 0 },
        progressOf: (missing) => recordOf(pivot.current as Pivot, missing),
      },
      context,
    )
    pivot = createSnapshotPivot(
      {
        restored: record?.pivot,
        missing: () => download.missing(),
        progressOf: (at) => recordOf(at, download.missing()),
        onMoving: () => {
          context.dropAll()
          download.reset()
        },
        isWaiting: () => nobodyLeft !== undefined,
      },
      context,
    )
  }

  const restart = (): void => {
    if (isOver) return
    context.dropAll()
    isFinishing = false
    if (++restartCount > SNAPSHOT_RESTARTS_MAX) return context.fail('SNAPSHOT_INCONSISTENT')
    begin(undefined, [])
    context.step(
      () => ({ kind: 'discard' }),
      () => {},
    )
  }

  const onStatus = (peer: SyncPeer, status: ChainStatus): void => {
    if (peers.isCondemned(peer)) return
    if (status.genesisHash !== options.genesisHash) return context.condemn(peer, 'SYNC_WRONG_CHAIN')
    pivot.onStatus(peer, status)
  }

  const finish = (): void => {
    const block = pivot.block()
    const at = pivot.current
    if (block === undefined || at === undefined || isFinishing) return
    if (block.header.stateRoot !== at.stateRoot) return restart()
    isFinishing = true
    const { certificate } = at
    context.step(
      () => ({ kind: 'finish', block, certificate }),
      () => {
        isOver = true
        context.emit({ type: 'finished', block, certificate })
      },
    )
  }

  const react = (input: SnapshotInput): void => {
    switch (input.type) {
      case 'peer-status':
        return onStatus(input.peer, input.status)
      case 'peer-gone':
        return peers.remove(input.peer)
      case 'peer-condemned':
        return peers.condemn(input.peer)
      case 'response':
        return context.onResponse(input.requestId, input.data)
      case 'request-failed':
        return context.onRequestFailed(input.requestId, input.isRefused)
      case 'verified':
        return context.onVerified(input.taskId, input.results)
      case 'step-done':
        return context.onStepDone(input.taskId, input.hashes)
      case 'step-refused':
        if (context.onStepRefused(input.taskId)) restart()
        return
      case 'tick':
        return
    }
  }

  const goOn = (nowMs: number): void => {
    pivot.schedule()
    const at = pivot.current
    if (at !== undefined && pivot.isReady()) {
      started ??= { atMs: nowMs, share: shareDone() }
      if (download.isComplete()) finish()
      else download.schedule(at)
    }
    noticeNobodyLeft(nowMs)
    if (nowMs - context.lastProgressMs >= SNAPSHOT_STALL_MS) return context.fail('SNAPSHOT_STALLED')
    const stuckSinceMs = pivot.stuckSinceMs()
    const times = [
      pivot.wakeAtMs(),
      peers.retryAtMs(nowMs),
      context.lastProgressMs + SNAPSHOT_STALL_MS,
      stuckSinceMs === undefined ? undefined : stuckSinceMs + SNAPSHOT_REFUSED_MS,
    ]
    const atMs = Math.min(...times.filter((time) => time !== undefined && time > nowMs).map(Number))
    context.emit({ type: 'set-timer', atMs })
  }

  /** Condemned ones are out for good; those that refuse may have meant a state that has just aged out. */
  const noticeNobodyLeft = (nowMs: number): void => {
    const stuckSinceMs = pivot.stuckSinceMs()
    const { refused, condemned } = peers.standing(pivot.current)
    const isLeft =
      stuckSinceMs === undefined ||
      refused + condemned === 0 ||
      (refused > 0 && nowMs - stuckSinceMs < SNAPSHOT_REFUSED_MS)
    const before = nobodyLeft
    nobodyLeft = isLeft ? undefined : { code: 'SNAPSHOT_NOBODY_LEFT', condemned, refused }
    // Whoever comes has the whole time again.
    if (!isLeft) context.progressed()
    if (before?.condemned === nobodyLeft?.condemned && before?.refused === nobodyLeft?.refused) return
    context.emit({ type: 'waiting', nobodyLeft })
  }

  const shareDone = (): number => 1 - shareOf(download.missing())

  const decoded = options.restored.progress && decodeSnapshotRecord(options.restored.progress)
  const isRestored = decoded?.ok === true
  begin(isRestored ? decoded.value : undefined, isRestored ? options.restored.storages : [])
  if (!isRestored && options.restored.progress !== undefined) restart()
  let hasBegun = false

  return {
    handle: (input, nowMs) => {
      context.setNow(nowMs)
      if (!hasBegun) context.progressed()
      hasBegun = true
      if (!isOver && context.failure === undefined) react(input)
      if (!isOver && context.failure === undefined) goOn(nowMs)
      return context.takeEffects()
    },
    progress: (nowMs) => {
      const share = shareDone()
      const gained = started === undefined ? 0 : share - started.share
      const leftMs = started !== undefined && gained > 0 ? ((nowMs - started.atMs) * (1 - share)) / gained : undefined
      return { height: pivot.current?.height, ...download.counts(), share, leftMs, nobodyLeft }
    },
  }
}
