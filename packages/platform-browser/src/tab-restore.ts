/**
 * Fills a tab's empty stores from a snapshot of its peers: the same machine, driver and restore as on a server
 * (`@cairn/sync`, `@cairn/node`, `@cairn/executor`), over the tab's ports. A module of its own, since most starts go
 * without it. What a reload or a closed tab interrupts is gone on with.
 */
import { genesisBlock } from '@cairn/chain'
import { type Checkpoint, runSnapshotSync } from '@cairn/node'
import type { Log, Network } from '@cairn/ports'
import { CodedError, type Hash } from '@cairn/primitives'
import { foundChainStore } from '@cairn/storage'
import { browserClock, browserTimers } from './browser-ports.ts'
import { spawnBrowserExecutor } from './executor-browser.ts'
import { createIndexedDbStore } from './indexeddb-store.ts'
import { assertGenesis } from './light-trust.ts'
import type { NetworkDescription } from './network-description.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import { storeNames } from './stored-chains.ts'
import type { TabChainOptions } from './tab-chain.ts'
import { countRefusals } from './tab-gossip.ts'

export interface TabRestoreOptions extends TabChainOptions {
  readonly checkpoint: Checkpoint | undefined
}

export interface TabRestoreDeps {
  /** A started network of the chain with this genesis; asked for again it is the same. */
  readonly connect: (genesisHash: Hash) => Promise<Network>
  readonly snapshots: SnapshotPublisher
  readonly log: Log
}

/**
 * Resolves when the stores can be opened on the restored block; its executor and connections to stores are closed then.
 * @throws CodedError those of `runSnapshotSync`, `GENESIS_REFUSED`, `STORE_FULL`, `STORE_FAILED`
 */
export async function restoreFromPeers(
  { chainSpec }: NetworkDescription,
  { wasm, takeExecutorWorker, trust: trusting, checkpoint }: TabRestoreOptions,
  { connect, snapshots, log }: TabRestoreDeps,
): Promise<void> {
  const names = storeNames(chainSpec)
  const open = { chainSpec, wasm: await wasm, storeName: names.state }
  const executor = await spawnBrowserExecutor(open, takeExecutorWorker())
  const chainDatabase = await createIndexedDbStore(names.chain)
  try {
    const trust = await trusting
    const { bls } = trust.timings
    for (;;) {
      const restored = await executor.openRestore()
      const genesis = genesisBlock(chainSpec, restored.genesis)
      assertGenesis(genesis.hash, { pinnedGenesis: undefined, claimedHash: trust.genesisHash })
      const network = countRefusals(await connect(genesis.hash), snapshots)
      const isDone = await runOnce(network, () =>
        runSnapshotSync(
          { chainSpec, genesisHash: genesis.hash, checkpoint, restored },
          {
            network,
            executor,
            bls,
            log,
            clock: browserClock,
            timers: browserTimers,
            foundChain: (base) => foundChainStore(chainDatabase, { genesis, ...base }),
            onProgress: (restore) => snapshots.update({ phase: 'syncing', restore }),
          },
        ),
      )
      if (isDone) return
    }
  } finally {
    snapshots.update({ restore: undefined })
    await Promise.allSettled([executor.stop(), chainDatabase.close()])
  }
}

/** `false`: it stopped because nobody was there; resolves when somebody is. */
async function runOnce(network: Network, run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    const isAlone = network.peers().length === 0
    if (!isAlone || !(error instanceof CodedError) || error.code !== 'SNAPSHOT_STALLED') throw error
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  const unsubscribe = network.onPeersChanged(resolve)
  if (network.peers().length === 0) await promise
  unsubscribe()
  return false
}
