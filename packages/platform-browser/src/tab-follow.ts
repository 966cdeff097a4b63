/** Follows the finalized chain: certificates in, missing blocks fetched, executed, committed, and served to others. */
import { type Checkpoint, createCheckpointGuard, createCommitter, createSyncDriver, routeRequests } from '@cairn/node'
import type { Network } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { browserClock, browserTimers, createConsoleLog } from './browser-ports.ts'
import { COMMITTED_HASHES_MAX, FINALIZED_NUDGES_MS, PROGRESS_INTERVAL_MS, STATUS_INTERVAL_MS } from './limits.ts'
import { type Answerers, peersOrServers } from './http-peers.ts'
import { createOwnReader } from './own-reader.ts'
import type { LookUp } from './proven-balance.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import type { TabChain } from './tab-chain.ts'
import { countRefusals, judgeFinalization } from './tab-gossip.ts'
import { createProgressView, showBlock, showFailure } from './tab-view.ts'

const log = createConsoleLog('cairn', false)

interface FollowOptions {
  readonly snapshots: SnapshotPublisher
  readonly checkpoint: Checkpoint | undefined
  /** Others are answered from what is verified here. */
  readonly isServing: boolean
  /** Asked for balances while no peer is connected. */
  readonly servers: Answerers
}

/** Follows the finalized chain for as long as the tab lives. @throws CodedError `CHECKPOINT_MISMATCH` */
export async function followChain(
  tab: TabChain,
  connected: Network,
  { snapshots, checkpoint, isServing, servers }: FollowOptions,
): Promise<LookUp> {
  const { chain, executor, genesisHash } = tab
  const network = countRefusals(connected, snapshots)
  const guard = createCheckpointGuard(checkpoint, tab.spec, network)
  await guard.assertChain(chain)
  const onFatal = (error: unknown): void => {
    showFailure(snapshots, error)
    void sync.stop()
  }
  /** Hash of a block that a certificate being applied names → its height. */
  const certified = new Map<Hash, number>()
  const waiting = new Set<() => void>()
  const committedHashes = new Set<Hash>()
  const committer = createCommitter({
    executor,
    chainStore: chain,
    epochs: tab.epochs,
    assertBlock: guard.assertBlock,
    onCommitted: (committed) => {
      committedHashes.add(committed.block.hash)
      if (committedHashes.size > COMMITTED_HASHES_MAX)
        committedHashes.delete(committedHashes.keys().next().value as Hash)
      showBlock(snapshots, tab, committed, certified.get(committed.finalization.hash) ?? 0)
      for (const resolve of waiting) resolve()
      waiting.clear()
    },
    onFatal,
  })
  const sync = createSyncDriver(
    {
      genesisHash,
      head: chain.head(),
      epochLengthBlocks: tab.spec.epochLengthBlocks,
      pollIntervalMs: STATUS_INTERVAL_MS,
    },
    {
      network,
      clock: browserClock,
      timers: browserTimers,
      log: log.child('sync'),
      verifyFinalization: tab.verifyFinalization,
      admits: (peer, status) => guard.admits(peer, status, chain.head().height),
      apply: async (blocks, finalization) => {
        certified.set(finalization.hash, blocks.at(-1)?.header.height ?? 0)
        await committer.executeAndCommit(blocks, finalization)
        certified.delete(finalization.hash)
        sync.onHead(chain.head())
      },
      onFatal,
    },
  )
  if (isServing) routeRequests({ network, chain, epochs: tab.epochs, spec: tab.spec, executor, consensus: undefined })
  network.onTopic('certificates', (data, from) =>
    judgeFinalization(data, tab, chain.head().hash, (hash) => {
      sync.nudge(from)
      nudgeUntilCommitted(hash)
    }),
  )
  /** The sender hears of a finalization before it has the block itself: it is asked again. */
  const nudgeUntilCommitted = (hash: Hash): void => {
    for (const delayMs of FINALIZED_NUDGES_MS) {
      browserTimers.after(delayMs, () => {
        if (!committedHashes.has(hash)) sync.nudge()
      })
    }
  }
  const showProgress = createProgressView(snapshots, network)
  const showNow = (): void => showProgress(sync.progress().claimedHeight)
  const showAgain = (): void => {
    showNow()
    browserTimers.after(PROGRESS_INTERVAL_MS, showAgain)
  }
  network.onPeersChanged(showNow)
  await network.start()
  sync.start()
  showAgain()
  const nextBlock = (timeoutMs: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.add(resolve)
      browserTimers.after(timeoutMs, resolve)
    })
  return createOwnReader({
    answerers: peersOrServers(network, servers),
    trust: tab.light,
    executor,
    chain,
    networkHeight: () => sync.progress().claimedHeight,
    nextBlock,
  })
}
