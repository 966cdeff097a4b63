/**
 * Which state is fetched: that of a block which a certificate finalizes, never one that a peer only names. When nobody
 * serves it any more, what is there is carried to a newer block by the access lists of the blocks between, which
 * are bound to finalized headers (EIP-8189).
 */
import {
  checkBlockData,
  decodeBlocksByHashResponse,
  encodeBlocksByHashRequest,
  encodeFinalizedRangeRequest,
} from '@cairn/chain'
import type { Block, Certificate, ChainStatus, KeyInterval } from '@cairn/chain'
import { height } from '@cairn/primitives'
import type { Height } from '@cairn/primitives'
import { RANGE_BLOCKS, SNAPSHOT_STATUS_INTERVAL_MS, SNAPSHOT_WAIT_INTERVAL_MS } from '../limits.ts'
import { judgeRange } from '../range-check.ts'
import type { SyncPeer } from '../sync-input.ts'
import type { SnapshotContext } from './snapshot-context.ts'
import type { Pivot } from './snapshot-record.ts'

export interface SnapshotPivot {
  /** `undefined` until a finalized block is known. */
  readonly current: Pivot | undefined
  /** Whether its state may be fetched now. */
  isReady(): boolean
  onStatus(peer: SyncPeer, status: ChainStatus): void
  /** Goes on with what it waits for. */
  schedule(): void
  /** The pivot's own block, or `undefined` while it is being fetched. */
  block(): Block | undefined
  /** Since when nobody gives its state and nobody shows a newer one, monotonic; `undefined`: there is something to do. */
  stuckSinceMs(): number | undefined
  /** When it wants to be asked again. */
  wakeAtMs(): number | undefined
}

export interface SnapshotPivotOptions {
  readonly restored: Pivot | undefined
  readonly missing: () => readonly KeyInterval[]
  /** The record that goes with a state at `pivot`. */
  readonly progressOf: (pivot: Pivot) => Uint8Array
  /** Requests are to be dropped: their answers would be of an older state. */
  readonly onMoving: () => void
  /** Nobody is left to ask: heads are asked for more rarely. */
  readonly isWaiting: () => boolean
}

export function createSnapshotPivot(options: SnapshotPivotOptions, context: SnapshotContext): SnapshotPivot {
  const { peers } = context
  let current = options.restored
  let block: Block | undefined
  /** A restored pivot between two certificates cannot be finished: it moves on first. */
  let mustMove = current !== undefined && current.certificate.hash !== current.hash
  /** A restored one that stays is proved again, once the validators of its epoch are known. */
  let isProved = current === undefined || mustMove
  let isMoving = false
  let isFetching = false
  let refreshAtMs = 0
  let stuckSinceMs: number | undefined
  /** The certificate is verified, the height is not. */
  let candidate: { readonly height: Height; readonly certificate: Certificate } | undefined

  const refresh = (): void => {
    if (context.nowMs() < refreshAtMs) return
    refreshAtMs = context.nowMs() + (options.isWaiting() ? SNAPSHOT_WAIT_INTERVAL_MS : SNAPSHOT_STATUS_INTERVAL_MS)
    context.emit({ type: 'refresh-status' })
  }

  const noticeStuck = (): void => {
    const claimed = peers.claimedHeight()
    const isNobodyThere =
      current === undefined
        ? claimed < (candidate?.height ?? 1)
        : claimed <= current.height && peers.standing(current).useful === 0
    const isStuck = isNobodyThere && !isFetching && !isMoving
    stuckSinceMs = isStuck ? (stuckSinceMs ?? context.nowMs()) : undefined
  }

  /** One block by its hash: it proves itself. */
  const fetchBlock = (peer: SyncPeer, certificate: Certificate, then: (found: Block) => void): void => {
    const { hash } = certificate
    isFetching = true
    context.request(peer, 'blocks-by-hash', encodeBlocksByHashRequest({ hashes: [hash] }), {
      onFailed: () => {
        isFetching = false
        peers.failed(peer, context.nowMs())
      },
      onData: (data) => {
        isFetching = false
        const decoded = decodeBlocksByHashResponse(data)
        const [found] = decoded.ok ? decoded.value.blocks : []
        if (decoded.ok && found === undefined) return peers.failed(peer, context.nowMs())
        if (found === undefined || found.hash !== hash || checkBlockData(found).verdict !== 'accept') {
          return context.condemn(peer, 'SNAPSHOT_BAD_BLOCK')
        }
        peers.succeeded(peer)
        context.progressed()
        then(found)
      },
    })
  }

  const prove = (certificate: Certificate): void => {
    const { verdict } = context.verifyFinalization(certificate)
    if (verdict === 'accept') isProved = true
    // Statuses bring the ends of the epochs along.
    else if (verdict === 'ignore') refresh()
    else context.restart()
  }

  const choose = (found: Block, certificate: Certificate): void => {
    const { header, hash } = found
    block = found
    current = { height: header.height, hash, stateRoot: header.stateRoot, certificate }
  }

  /** The newest block that anybody named, from whoever says to have it. */
  const find = (): void => {
    const peer = candidate && peers.next(context.nowMs(), { height: candidate.height, pivotHash: undefined })
    if (candidate === undefined || peer === undefined) return refresh()
    const { certificate } = candidate
    fetchBlock(peer, certificate, (found) => choose(found, certificate))
  }

  const moveOn = (from: Pivot): void => {
    const fromHeight = height(from.height + 1)
    const peer = peers.next(context.nowMs(), { height: fromHeight, pivotHash: undefined })
    if (peer === undefined) return refresh()
    isFetching = true
    const request = encodeFinalizedRangeRequest({ fromHeight, countMax: RANGE_BLOCKS })
    context.request(peer, 'finalized-range', request, {
      onFailed: () => {
        isFetching = false
        peers.failed(peer, context.nowMs())
      },
      onData: (data) => {
        isFetching = false
        const { verifyFinalization } = context
        const judgement = judgeRange(data, fromHeight, from, { verifyFinalization, checkBlockData })
        if (judgement.kind === 'fault') return context.condemn(peer, 'SNAPSHOT_BAD_RANGE')
        if (judgement.kind === 'conflict') return context.fail('SNAPSHOT_FORKED')
        if (judgement.kind === 'outdated') return peers.failed(peer, context.nowMs())
        peers.succeeded(peer)
        context.progressed()
        carryTo(judgement.blocks, judgement.certificate)
      },
    })
  }

  const carryTo = (blocks: readonly Block[], certificate: Certificate): void => {
    isMoving = true
    options.onMoving()
    for (const next of blocks) {
      const pivot = { ...next.header, hash: next.hash, certificate }
      const isLast = next === blocks.at(-1)
      context.step(
        () => {
          const { accessList } = next
          return { kind: 'access-list', accessList, missing: options.missing(), progress: options.progressOf(pivot) }
        },
        () => {
          const { height: at, hash, stateRoot } = pivot
          current = { height: at, hash, stateRoot, certificate }
          block = next
          if (!isLast) return
          isMoving = false
          // A range may end before the block that its certificate names.
          mustMove = certificate.hash !== hash
        },
      )
    }
  }

  return {
    get current() {
      return current
    },
    isReady: () => current !== undefined && isProved && !isMoving && !mustMove,
    onStatus: (peer, status) => {
      const { finalization } = status
      if (finalization === undefined) return
      const { verdict } = context.verifyFinalization(finalization)
      // Of an epoch that is not known here: nothing can be said.
      if (verdict === 'ignore') return
      if (verdict !== 'accept') {
        return context.condemn(peer, 'SNAPSHOT_BAD_CERTIFICATE')
      }
      peers.claim(peer, status.height)
      if (status.height > (candidate?.height ?? 0)) candidate = { height: status.height, certificate: finalization }
    },
    schedule: () => {
      noticeStuck()
      if (isFetching || isMoving) return
      if (current === undefined) return find()
      if (!isProved) prove(current.certificate)
      if (!isProved) return
      if (mustMove || !peers.hasHolder(current.height, current.hash)) moveOn(current)
    },
    block: () => {
      if (current === undefined || block?.hash === current.hash) return block
      const peer = isFetching
        ? undefined
        : peers.next(context.nowMs(), { height: current.height, pivotHash: undefined })
      if (peer !== undefined) fetchBlock(peer, current.certificate, (found) => (block = found))
      return undefined
    },
    stuckSinceMs: () => stuckSinceMs,
    wakeAtMs: () => (isFetching || isMoving ? undefined : refreshAtMs),
  }
}
