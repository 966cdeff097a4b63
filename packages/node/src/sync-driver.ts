/**
 * Performs the catch-up machine's effects: asks peers for their heads, fetches ranges, hands verified blocks on.
 * The same in a validator that was away and in a tab that only follows.
 */
import {
  type Block,
  type Certificate,
  type ChainStatus,
  checkBlockData,
  decodeChainStatus,
  encodeChainStatusRequest,
  encodeFinalizedRangeRequest,
} from '@cairn/chain'
import type { Clock, Log, Network, PeerId, TimerHandle, Timers } from '@cairn/ports'
import { CodedError, type Hash, type Verdict } from '@cairn/primitives'
import { type FinalizedPoint, type SyncEffect, type SyncInput, type SyncProgress, createSync } from '@cairn/sync'
import { RANGE_TIMEOUT_MS, STATUS_TIMEOUT_MS, SYNC_NUDGE_DELAY_MS } from './limits.ts'

export interface SyncDriverOptions {
  readonly genesisHash: Hash
  /** The local finalized head. */
  readonly head: FinalizedPoint
  readonly epochLengthBlocks: number
  /** Asks all peers for their heads this often; absent: only when told to. */
  readonly pollIntervalMs?: number
}

export interface SyncDriverDeps {
  readonly network: Network
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly verifyFinalization: (certificate: Certificate) => Verdict
  /** Executes and commits; the blocks extend the head, the certificate finalizes the last one. A failure is fatal. */
  readonly apply: (blocks: readonly Block[], certificate: Certificate) => Promise<void>
  /** Whether the peer's chain is one that this node may follow, before anything is asked of it. */
  readonly admits?: (peer: PeerId, status: ChainStatus) => Promise<boolean>
  readonly onFatal: (error: unknown) => void
}

export interface SyncDriver {
  start(): void
  stop(): Promise<void>
  /** The local finalized head moved, by whatever way. */
  onHead(head: FinalizedPoint): void
  /** `peer` (or anybody) may have something new. */
  nudge(peer?: PeerId): void
  progress(): SyncProgress
}

export function createSyncDriver(options: SyncDriverOptions, deps: SyncDriverDeps): SyncDriver {
  const { network, clock, timers, log } = deps
  const sync = createSync(options, { ...deps, checkBlockData })
  const underWay = new Set<Promise<void>>()
  const asking = new Set<PeerId>()
  let known: ReadonlySet<PeerId> = new Set()
  let retry: TimerHandle | undefined
  let poll: TimerHandle | undefined
  let unsubscribe: (() => void) | undefined
  let running = false

  const isRunning = (): boolean => running
  const handle = (input: SyncInput): void => {
    if (!running) return
    for (const effect of sync.handle(input, clock.monotonicMs())) if (isRunning()) perform(effect)
  }

  const run = (work: () => Promise<void>): void => {
    const task: Promise<void> = work()
      .catch(deps.onFatal)
      .finally(() => underWay.delete(task))
    underWay.add(task)
  }

  const perform = (effect: SyncEffect): void => {
    switch (effect.type) {
      case 'request':
        return run(() => requestRange(effect))
      case 'apply':
        return run(() => deps.apply(effect.blocks, effect.certificate))
      case 'penalize':
        log.warn('peer answered wrongly', { peer: effect.peer, code: effect.code })
        return network.penalize(effect.peer, effect.code)
      case 'conflict':
        // Asking on would find the same conflict again and again until the node is stopped.
        running = false
        return deps.onFatal(
          new CodedError('FINALIZATION_CONFLICT', `another block is finalized at height ${effect.height}`, {
            data: { block: effect.block.hash, certificate: effect.certificate },
          }),
        )
      case 'set-timer':
        retry?.cancel()
        retry = timers.after(Math.max(0, effect.atMs - clock.monotonicMs()), () => handle({ type: 'tick' }))
        return
      case 'done':
        return log.info('caught up', { height: effect.height })
    }
  }

  const requestRange = async (effect: Extract<SyncEffect, { type: 'request' }>): Promise<void> => {
    const { requestId, peer } = effect
    let data: Uint8Array
    try {
      data = await network.request(peer, 'finalized-range', encodeFinalizedRangeRequest(effect), {
        timeoutMs: RANGE_TIMEOUT_MS,
      })
    } catch {
      return handle({ type: 'request-failed', requestId })
    }
    handle({ type: 'response', requestId, data })
  }

  const askStatus = async (peer: PeerId): Promise<void> => {
    if (asking.has(peer)) return
    asking.add(peer)
    try {
      const data = await network.request(peer, 'chain-status', encodeChainStatusRequest(), {
        timeoutMs: STATUS_TIMEOUT_MS,
      })
      const status = decodeChainStatus(data)
      if (!status.ok) return network.penalize(peer, status.code)
      if ((await deps.admits?.(peer, status.value)) === false) return
      handle({ type: 'peer-status', peer, status: status.value })
    } catch {
      // Gone or busy: the next nudge or poll asks again.
    } finally {
      asking.delete(peer)
    }
  }

  const onPeersChanged = (): void => {
    const connected = new Set(network.peers().map(({ peerId }) => peerId))
    for (const peer of known) if (!connected.has(peer)) handle({ type: 'peer-gone', peer })
    for (const peer of connected) if (!known.has(peer)) run(() => askStatus(peer))
    known = connected
  }

  const pollAll = (): void => {
    for (const peer of known) run(() => askStatus(peer))
    if (options.pollIntervalMs !== undefined) poll = timers.after(options.pollIntervalMs, pollAll)
  }

  return {
    start: () => {
      running = true
      unsubscribe = network.onPeersChanged(onPeersChanged)
      onPeersChanged()
      if (options.pollIntervalMs !== undefined) poll = timers.after(options.pollIntervalMs, pollAll)
    },
    stop: async () => {
      running = false
      unsubscribe?.()
      retry?.cancel()
      poll?.cancel()
      await Promise.allSettled(underWay)
    },
    onHead: (head) => handle({ type: 'head', head }),
    nudge: (peer) => {
      const peers = peer === undefined ? [...known] : [peer]
      // A certificate is known some milliseconds before its block is committed and can be served.
      timers.after(SYNC_NUDGE_DELAY_MS, () => {
        if (running) for (const one of peers) run(() => askStatus(one))
      })
    },
    progress: () => sync.progress(),
  }
}
