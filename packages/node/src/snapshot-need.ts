/**
 * Whether a node is so far behind that a snapshot is the shorter way than executing every block. Decided by what a
 * verified certificate says, since the answer may make the node throw away what it has: a claim alone decides nothing.
 */
import { decodeChainStatus, encodeChainStatusRequest } from '@cairn/chain'
import type { ChainSpec } from '@cairn/chain'
import type { Bls } from '@cairn/crypto'
import type { Network, PeerId, TimerHandle, Timers } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import type { Hash, Height } from '@cairn/primitives'
import type { Checkpoint } from './checkpoint.ts'
import { SNAPSHOT_BEHIND_BLOCKS, STATUS_RETRY_MS, STATUS_TIMEOUT_MS } from './limits.ts'
import { createSnapshotEpochs } from './snapshot-epochs.ts'

export interface SnapshotNeedOptions {
  readonly chainSpec: ChainSpec
  readonly genesisHash: Hash
  readonly checkpoint?: Checkpoint | undefined
  /** What the node has executed. */
  readonly headHeight: Height
  /** Without an answer for so long: no. Absent: there is nothing else to do than to wait. */
  readonly patienceMs?: number | undefined
}

export interface SnapshotNeedDeps {
  /** Started. */
  readonly network: Pick<Network, 'request' | 'peers' | 'penalize' | 'onPeersChanged'>
  readonly timers: Timers
  readonly bls: Bls
}

/** Resolves with the first answer that can be believed. */
export async function needsSnapshot(options: SnapshotNeedOptions, deps: SnapshotNeedDeps): Promise<boolean> {
  const { network, timers } = deps
  const { headHeight, genesisHash } = options
  const decided = Promise.withResolvers<boolean>()
  const abort = new AbortController()
  const asked = new Set<PeerId>()
  const retries: TimerHandle[] = []

  const isFar = async (peer: PeerId): Promise<boolean | undefined> => {
    const settings = { timeoutMs: STATUS_TIMEOUT_MS, signal: abort.signal }
    const data = await network.request(peer, 'chain-status', encodeChainStatusRequest(), settings)
    const status = decodeChainStatus(data)
    if (!status.ok || status.value.genesisHash !== genesisHash) return undefined
    const { height, epoch, finalization } = status.value
    // Too low a claim makes the node execute blocks, as it would have without being asked.
    if (height - headHeight < SNAPSHOT_BEHIND_BLOCKS) return false
    if (finalization === undefined) return undefined
    const epochs = createSnapshotEpochs({ ...options, ...deps })
    await epochs.learn(epoch, peer, abort.signal)
    const { verdict } = epochs.verifyFinalization(finalization)
    if (verdict === 'reject') network.penalize(peer, 'SNAPSHOT_BAD_CERTIFICATE')
    return verdict === 'accept' ? true : undefined
  }
  const ask = async (peer: PeerId): Promise<void> => {
    asked.add(peer)
    try {
      const answer = await isFar(peer)
      if (answer !== undefined) decided.resolve(answer)
    } catch (error) {
      if (!(error instanceof CodedError)) return decided.reject(error)
      // It answers nobody, or not now.
      if (!abort.signal.aborted) retries.push(timers.after(STATUS_RETRY_MS, () => askAgain(peer)))
    }
  }
  const askNew = (): void => {
    for (const { peerId } of network.peers()) if (!asked.has(peerId)) void ask(peerId)
  }
  const askAgain = (peer: PeerId): void => {
    asked.delete(peer)
    askNew()
  }
  const unsubscribe = network.onPeersChanged(askNew)
  const timer =
    options.patienceMs === undefined ? undefined : timers.after(options.patienceMs, () => decided.resolve(false))
  askNew()
  try {
    return await decided.promise
  } finally {
    abort.abort()
    unsubscribe()
    timer?.cancel()
    for (const retry of retries) retry.cancel()
  }
}
