/**
 * Fills an empty node from a snapshot: performs the snapshot machine's effects on network, executor and chain store.
 * Runs before the executor is started and before there is a node; afterwards both start from what it left behind.
 */
import { decodeChainStatus, decodeFinalizedRangeResponse, decodePayload, encodeChainStatusRequest } from '@cairn/chain'
import type { Block, Certificate, ChainSpec, OpenedRestore } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import type {
  Clock,
  ExecutedBlock,
  Executor,
  Log,
  Network,
  PeerId,
  RestorableState,
  TimerHandle,
  Timers,
} from '@cairn/ports'
import { CodedError, assert } from '@cairn/primitives'
import type { Hash } from '@cairn/primitives'
import type { BaseTrust } from '@cairn/storage'
import { createSnapshotSync } from '@cairn/sync'
import type { SnapshotEffect, SnapshotInput, SnapshotProgress, SnapshotStep } from '@cairn/sync'
import type { Checkpoint } from './checkpoint.ts'
import { SNAPSHOT_TIMEOUT_MS, STATUS_TIMEOUT_MS } from './limits.ts'
import { createSnapshotEpochs } from './snapshot-epochs.ts'
import type { SnapshotEpochs } from './snapshot-epochs.ts'

export interface SnapshotDriverOptions {
  readonly chainSpec: ChainSpec
  readonly genesisHash: Hash
  /** Only a chain that goes through it is followed. */
  readonly checkpoint?: Checkpoint | undefined
  /** What the executor's `openRestore` has just said. */
  readonly restored: OpenedRestore
  /** Keys and values asked for at once; default: the machine's. */
  readonly chunkBytes?: number
  readonly signal?: AbortSignal
}

export interface SnapshotDriverDeps {
  /** Started. */
  readonly network: Pick<Network, 'request' | 'peers' | 'penalize' | 'onPeersChanged'>
  /** Not started. */
  readonly executor: RestorableState & Pick<Executor, 'verifyTrieRange'>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly timers: Timers
  readonly log: Log
  readonly bls: Bls
  /** The block becomes the first one of the chain store, before the state's head is written. Idempotent. */
  readonly foundChain: (base: { block: Block; certificate: Certificate; trust: BaseTrust }) => Promise<void>
  /** After each stored step, and when nobody is left to ask, or somebody is there again. */
  readonly onProgress?: (progress: SnapshotProgress) => void
}

/**
 * Resolves with the block whose state is there now. What is stored of an interrupted run is gone on with.
 * @throws CodedError `SNAPSHOT_STALLED`, `SNAPSHOT_INCONSISTENT`, `SNAPSHOT_FORKED`, `SNAPSHOT_ABORTED`,
 * and the stores' own
 */
export async function runSnapshotSync(options: SnapshotDriverOptions, deps: SnapshotDriverDeps): Promise<Block> {
  const { executor, clock, timers, log } = deps
  const network: SnapshotDriverDeps['network'] = {
    request: (...asked) => deps.network.request(...asked),
    peers: () => deps.network.peers(),
    onPeersChanged: (listener) => deps.network.onPeersChanged(listener),
    // Who lies about epochs or its own head is nobody to wait for either.
    penalize: (peer, code) => {
      deps.network.penalize(peer, code)
      handle({ type: 'peer-condemned', peer })
    },
  }
  const epochs = createSnapshotEpochs({ ...options, ...deps, network })
  const sync = createSnapshotSync(options, epochs)
  const outcome = Promise.withResolvers<Block>()
  const abort = new AbortController()
  const underWay = new Set<Promise<void>>()
  let isRunning = true
  let timer: TimerHandle | undefined

  const handle = (input: SnapshotInput): void => {
    if (!isRunning) return
    for (const effect of sync.handle(input, clock.monotonicMs())) perform(effect)
  }
  const track = (work: Promise<void>): void => {
    const tracked = work.catch(outcome.reject).finally(() => underWay.delete(tracked))
    underWay.add(tracked)
  }
  const askStatus = async (peer: PeerId): Promise<void> => {
    try {
      const settings = { timeoutMs: STATUS_TIMEOUT_MS, signal: abort.signal }
      const status = decodeChainStatus(
        await network.request(peer, 'chain-status', encodeChainStatusRequest(), settings),
      )
      if (!status.ok) return network.penalize(peer, 'SYNC_MALFORMED')
      // A peer that is not past the checkpoint shows nothing that goes through it.
      if (options.checkpoint !== undefined && status.value.epoch <= options.checkpoint.epoch) return
      // Its certificate may be of an epoch whose validators are to be learnt first.
      await epochs.learn(status.value.epoch, peer, abort.signal)
      handle({ type: 'peer-status', peer, status: status.value })
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
    }
  }
  const learnFrom = async (range: Uint8Array, peer: PeerId): Promise<void> => {
    const decoded = decodeFinalizedRangeResponse(range)
    const of = decoded.ok ? decoded.value.certificate?.epoch : undefined
    if (of !== undefined) await epochs.learn(of, peer, abort.signal)
  }
  const request = async (effect: Extract<SnapshotEffect, { type: 'request' }>): Promise<void> => {
    const { requestId, peer, protocol, data } = effect
    let answer: SnapshotInput
    try {
      const settings = { timeoutMs: SNAPSHOT_TIMEOUT_MS, signal: abort.signal }
      const response = await network.request(peer, protocol, data, settings)
      if (protocol === 'finalized-range') await learnFrom(response, peer)
      answer = { type: 'response', requestId, data: response }
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      answer = { type: 'request-failed', requestId, isRefused: error.data['code'] === 'NOT_AVAILABLE' }
    }
    handle(answer)
  }
  const verify = async ({ taskId, ranges }: Extract<SnapshotEffect, { type: 'verify' }>): Promise<void> => {
    const results = await Promise.all(
      ranges.map(({ root, start, range }) => executor.verifyTrieRange(root, start, range)),
    )
    handle({ type: 'verified', taskId, results })
  }
  const step = async ({ taskId, step: wanted }: Extract<SnapshotEffect, { type: 'step' }>): Promise<void> => {
    let done: SnapshotInput
    try {
      done = { type: 'step-done', taskId, hashes: await performStep(wanted, deps, epochs, abort.signal) }
    } catch (error) {
      if (!(error instanceof CodedError) || !CONTRADICTIONS.has(error.code)) throw error
      log.warn('the restored state contradicts itself', { code: error.code, message: error.message })
      done = { type: 'step-refused', taskId }
    }
    handle(done)
    deps.onProgress?.(sync.progress(clock.monotonicMs()))
  }

  const perform = (effect: SnapshotEffect): void => {
    switch (effect.type) {
      case 'request':
        return track(request(effect))
      case 'verify':
        return track(verify(effect))
      case 'step':
        return track(step(effect))
      case 'penalize':
        log.warn('peer condemned', { peer: effect.peer, code: effect.code })
        return deps.network.penalize(effect.peer, effect.code)
      case 'waiting':
        if (effect.nobodyLeft !== undefined) log.warn('nobody is left to ask for the state', { ...effect.nobodyLeft })
        return deps.onProgress?.(sync.progress(clock.monotonicMs()))
      case 'refresh-status':
        for (const { peerId } of network.peers()) track(askStatus(peerId))
        return
      case 'set-timer':
        timer?.cancel()
        timer = timers.after(Math.max(0, effect.atMs - clock.monotonicMs()), () => handle({ type: 'tick' }))
        return
      case 'finished':
        return outcome.resolve(effect.block)
      case 'failed':
        return outcome.reject(new CodedError(effect.code, FAILURES[effect.code]))
    }
  }

  const unsubscribe = network.onPeersChanged(() => {
    for (const { peerId } of network.peers()) track(askStatus(peerId))
  })
  const onAbort = (): void => outcome.reject(new CodedError('SNAPSHOT_ABORTED', 'the snapshot was given up'))
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    handle({ type: 'tick' })
    return await outcome.promise
  } finally {
    isRunning = false
    abort.abort()
    unsubscribe()
    options.signal?.removeEventListener('abort', onAbort)
    timer?.cancel()
    await Promise.all(underWay)
  }
}

const FAILURES = {
  SNAPSHOT_STALLED: 'no peer gives what is missing of the snapshot',
  SNAPSHOT_INCONSISTENT: 'the restored state is not the finalized one, though every piece was proved',
  SNAPSHOT_FORKED: 'two valid certificates finalize different chains',
} as const

/** What was stored does not fit together: the machine begins anew. */
const CONTRADICTIONS: ReadonlySet<string> = new Set(['RESTORE_INVALID', 'RESTORE_ROOT_MISMATCH', 'STATE_ROOT_UNKNOWN'])

async function performStep(
  step: SnapshotStep,
  deps: SnapshotDriverDeps,
  epochs: SnapshotEpochs,
  signal: AbortSignal,
): Promise<readonly Hash[]> {
  const { executor } = deps
  switch (step.kind) {
    case 'storages':
      return executor.restoreStorages(step.ranges, step.progress)
    case 'find-codes':
      return executor.missingCodes(step.hashes)
    case 'codes':
      await executor.restoreCodes(step.codes)
      return []
    case 'accounts':
      await executor.restoreAccounts(step.items, step.progress)
      return []
    case 'access-list':
      await executor.restoreAccessList(step.accessList, step.missing, step.progress)
      return []
    case 'discard':
      await executor.discardRestore()
      return []
    case 'finish':
      // Chain before state, as with any commit: a crash in between is gone on from.
      await deps.foundChain({ ...step, trust: await epochs.trustAt(step.block, signal) })
      await executor.finishRestore(executedBlockOf(step.block))
      return []
  }
}

/** As the executor would know the block had it executed it. */
export function executedBlockOf({ header, hash, payload }: Block): ExecutedBlock {
  const body = decodePayload(payload)
  assert(body.ok, 'the data of the block are checked')
  return {
    blockHash: hash,
    height: header.height,
    executionBlockHash: header.executionBlockHash,
    stateRoot: header.stateRoot,
    accessListHash: header.accessListHash,
    gasUsed: body.value.header.gasUsed,
    executionHeader: body.value.headerBytes,
  }
}
