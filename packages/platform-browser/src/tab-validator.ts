/**
 * The validator role: the same node as on a server (`createNode`), in the tab's worker. A vote leaves only after its
 * record is in IndexedDB with strict durability; a key whose record is gone listens before it votes again (R10).
 */
import { createNode } from '@cairn/node'
import type { Checkpoint, CommittedBlock } from '@cairn/node'
import type { Network } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import { createIndexedDbAppendLog } from './append-log-indexeddb.ts'
import { browserClock, browserRandom, browserTimers, createConsoleLog, noMetrics } from './browser-ports.ts'
import { PROGRESS_INTERVAL_MS } from './limits.ts'
import { type Answerers, peersOrServers } from './http-peers.ts'
import { createOwnReader } from './own-reader.ts'
import type { LookUp } from './proven-balance.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import { chainIdOf } from './stored-chains.ts'
import type { TabChain } from './tab-chain.ts'
import { countRefusals } from './tab-gossip.ts'
import { createProgressView, showBlock, showFailure } from './tab-view.ts'
import type { UnlockedKey } from './validator-key.ts'

const log = createConsoleLog('cairn', false)

/**
 * One signer for each key in this browser: never two tabs, whatever else goes wrong. Kept as long as the worker lives.
 * @throws CodedError `KEY_IN_USE`
 */
export function acquireKeyLock(publicKey: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const keep = (lock: Lock | null): Promise<never> | undefined => {
    if (lock === null) {
      reject(new CodedError('KEY_IN_USE', 'Another tab signs with this key.'))
      return undefined
    }
    resolve()
    return new Promise<never>(() => undefined)
  }
  navigator.locks.request(`cairn-key-${publicKey}`, { ifAvailable: true }, keep).catch(reject)
  return promise
}

export interface RunningValidator {
  readonly lookUp: LookUp
  /** The tab may be gone or frozen in a moment: says so to the others. */
  announceLeaving(): void
}

interface RunDeps {
  readonly snapshots: SnapshotPublisher
  readonly checkpoint: Checkpoint | undefined
  /** Asked for balances while no peer is connected. */
  readonly servers: Answerers
}

/** Validates for as long as the tab lives. The stores of `tab` are checked; the key's lock is held. */
export async function runValidator(
  tab: TabChain,
  key: UnlockedKey,
  connected: Network,
  { snapshots, checkpoint, servers }: RunDeps,
): Promise<RunningValidator> {
  const network = countRefusals(connected, snapshots)
  const { executor } = tab
  const node = await createNode(
    {
      chainSpec: tab.spec,
      genesis: tab.genesis,
      validatorKey: key.secretKey,
      clientVersion: 'cairn/tab',
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    {
      executor,
      chainDatabase: tab.database,
      wal: await createIndexedDbAppendLog(voteRecordName(tab, key)),
      voteMarker: key.voteMarker,
      network,
      bls: tab.timings.bls,
      clock: browserClock,
      timers: browserTimers,
      random: browserRandom,
      log,
      metrics: noMetrics,
      onFatal: (error) => {
        showFailure(snapshots, error)
        void node.stop()
      },
    },
  )
  const waiting = new Set<() => void>()
  node.onCommitted((committed: CommittedBlock) => {
    // The certificate of a descendant finalizes a block as well; the page names the block's own height then.
    showBlock(snapshots, tab, committed, committed.block.header.height)
    for (const resolve of waiting) resolve()
    waiting.clear()
  })
  const showProgress = createProgressView(snapshots, network)
  const showAgain = (): void => {
    const { syncTargetHeight, height, validatorIndex, isAmnesiac, isSilent, view } = node.status()
    showProgress(syncTargetHeight ?? height)
    snapshots.update({ validator: { publicKey: key.publicKey, index: validatorIndex, isAmnesiac, isSilent, view } })
    browserTimers.after(PROGRESS_INTERVAL_MS, showAgain)
  }
  await node.start()
  showAgain()
  const nextBlock = (timeoutMs: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.add(resolve)
      browserTimers.after(timeoutMs, resolve)
    })
  const reader = {
    head: () => ({ height: executor.head().height }),
    blockByHeight: node.rpcBackend.chain.blockByHeight,
  }
  const lookUp = createOwnReader({
    answerers: peersOrServers(network, servers),
    trust: tab.light,
    executor,
    chain: reader,
    networkHeight: () => node.status().syncTargetHeight ?? node.status().height,
    nextBlock,
  })
  return { lookUp, announceLeaving: node.announceLeaving }
}

/** Of this chain and this key: never deleted by the node. */
function voteRecordName({ spec }: TabChain, { publicKey }: UnlockedKey): string {
  return `cairn-votes-${chainIdOf(spec)}-${publicKey.slice(2, 18)}`
}
