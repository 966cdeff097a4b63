/**
 * How a tab that executes begins: on what it has stored, from genesis block by block, or from a snapshot. A tab that is
 * so far behind that a snapshot is the shorter way throws its blocks and state away for it.
 */
import { stateStageOf } from '@cairn/executor'
import { type Checkpoint, needsSnapshot } from '@cairn/node'
import type { Log, Network } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { storedHead } from '@cairn/storage'
import { browserTimers } from './browser-ports.ts'
import { deleteDatabase } from './indexeddb-database.ts'
import { createIndexedDbStore } from './indexeddb-store.ts'
import { NEED_PATIENCE_MS } from './limits.ts'
import type { NetworkDescription } from './network-description.ts'
import { deleteStateStore, openStateStore } from './state-store.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import { storeNames } from './stored-chains.ts'
import { type TabChain, type TabChainDeps, type TabChainOptions, openTabChain } from './tab-chain.ts'
import type { TabSync } from './tab-snapshot.ts'

export interface TabBeginningOptions extends TabChainOptions {
  readonly checkpoint: Checkpoint | undefined
  readonly sync: TabSync
}

export interface TabBeginningDeps extends TabChainDeps {
  readonly log: Log
  readonly snapshots: SnapshotPublisher
  /** A started network of this chain; called once. */
  readonly connect: (genesisHash: Hash) => Promise<Network>
  /** The stores are open and checked; `keptHeight`: up to where they are from an earlier visit. */
  readonly onOpened: (tab: TabChain, keptHeight: number) => Promise<void>
}

/** Opened stores near the head, or on the way there by executing, and the running network. */
export async function beginTab(
  description: NetworkDescription,
  options: TabBeginningOptions,
  deps: TabBeginningDeps,
): Promise<{ readonly tab: TabChain; readonly network: Network }> {
  const { sync } = options
  let connected: Promise<Network> | undefined
  const connect = (genesisHash: Hash): Promise<Network> => (connected ??= deps.connect(genesisHash))
  let isRestored = false
  const restore = async (): Promise<void> => {
    isRestored = true
    deps.snapshots.update({ phase: 'connecting' })
    const { restoreFromPeers } = await import('./tab-restore.ts')
    await restoreFromPeers(description, options, { ...deps, connect })
  }
  const open = async (): Promise<TabChain> => {
    const tab = await openTabChain(description, options, deps)
    await deps.onOpened(tab, isRestored ? 0 : tab.chain.head().height)
    return tab
  }

  if (sync !== 'full' && (await isForSnapshot(description, sync))) await restore()
  const tab = await open()
  const network = await connect(tab.genesisHash)
  const headHeight = tab.chain.head().height
  const isFarBehind =
    sync !== 'full' &&
    (await needsSnapshot(
      {
        chainSpec: tab.spec,
        genesisHash: tab.genesisHash,
        checkpoint: options.checkpoint,
        headHeight,
        // Without a block there is nothing to do before a peer answers.
        patienceMs: headHeight === 0 ? undefined : NEED_PATIENCE_MS,
      },
      { network, timers: browserTimers, bls: tab.timings.bls },
    ))
  if (!isFarBehind) return { tab, network }
  await closeStores(tab)
  await deleteStores(description)
  await restore()
  return { tab: await open(), network }
}

/** An interrupted snapshot is gone on with; an empty store begins with one where that was asked for. */
async function isForSnapshot(description: NetworkDescription, sync: TabSync): Promise<boolean> {
  const names = storeNames(description.chainSpec)
  const chain = await createIndexedDbStore(names.chain)
  // A damaged one is found, and said to be, when the stores are opened.
  const head = await storedHead(chain).catch(() => undefined)
  await chain.close()
  // Blocks were executed here, so the state is whole: opening a large one twice would cost time.
  if (head !== undefined && head.height > head.baseHeight) return false
  const store = await openStateStore(names.state)
  const stage = await stateStageOf(store)
  await store.close()
  if (stage === 'restoring') return true
  if (stage === 'whole' || sync !== 'snapshot') return false
  // Blocks whose state is gone.
  await deleteStores(description)
  return true
}

async function closeStores({ executor, database }: TabChain): Promise<void> {
  await executor.stop()
  await database.close()
}

async function deleteStores({ chainSpec }: NetworkDescription): Promise<void> {
  const names = storeNames(chainSpec)
  await Promise.all([deleteStateStore(names.state), deleteDatabase(names.chain)])
}
