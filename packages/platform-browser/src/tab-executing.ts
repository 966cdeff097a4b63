/** The roles that execute: stores are opened and checked, blocks executed, and others answered. Light tabs do not load it. */
import type { Network } from '@cairn/ports'
import { browserClock, createConsoleLog } from './browser-ports.ts'
import { certifiedReader } from './certified-reader.ts'
import type { SnapshotPublisher } from './snapshot-publisher.ts'
import { beginTab } from './tab-beginning.ts'
import type { TabChain } from './tab-chain.ts'
import { followChain } from './tab-follow.ts'
import type { RunningTab, TabRun } from './tab-run.ts'
import type { TabParts } from './tab-parts.ts'
import { countRefusal, showPeers, showRestored, watchStorage } from './tab-view.ts'
import type { UnlockedKey } from './validator-key.ts'
import { storedBlocks } from './verified-blocks.ts'

const log = createConsoleLog('cairn', false)

export interface ExecutingRun extends TabRun {
  readonly parts: TabParts
}

export async function runExecuting(run: ExecutingRun, unlocked: Promise<UnlockedKey>): Promise<RunningTab> {
  const { description, options, snapshots, servers } = run
  let opened: TabChain | undefined
  run.onReadable(certifiedReader({ ...run, own: () => opened?.executor }))
  let key: UnlockedKey | undefined
  if (options.role === 'validator') {
    snapshots.update({ phase: 'locked' })
    key = await unlocked
    const { acquireKeyLock } = await import('./tab-validator.ts')
    await acquireKeyLock(key.publicKey)
  }
  snapshots.update({ phase: 'starting', step: 'Checking what was stored' })
  const { checkpoint } = options
  const starting = startNetwork(run)
  starting.catch(() => undefined)
  watchStorage(snapshots, () => opened?.chain)
  const begun = await beginTab(
    description,
    { ...run.parts, trust: run.trust, sync: options.sync, checkpoint },
    {
      clock: browserClock,
      log,
      snapshots,
      onDamage: (code) => countRefusal(snapshots, code),
      onOpened: (chain, keptHeight) => {
        opened = chain
        return showOpened(chain, keptHeight, snapshots)
      },
      connect: () => starting,
    },
  )
  const deps = { snapshots, checkpoint, servers }
  if (key !== undefined) {
    // Consensus and mempool: only validators load them.
    const { runValidator } = await import('./tab-validator.ts')
    const validator = await runValidator(begun.tab, key, begun.network, deps)
    const network = await run.connecting
    network.knock()
    return validator
  }
  return { lookUp: await followChain(begun.tab, begun.network, { ...deps, isServing: options.role === 'serving' }) }
}

/** What was stored stands on the page before there is a peer. */
async function showOpened(
  { chain, epochs }: TabChain,
  keptHeight: number,
  snapshots: SnapshotPublisher,
): Promise<void> {
  const verifiedHeight = chain.head().height
  showRestored(snapshots, keptHeight)
  // The executor compares the core with the chain spec before it instantiates it.
  snapshots.update({
    phase: 'connecting',
    isCoreChecked: true,
    verifiedHeight,
    blocks: await storedBlocks(chain, epochs),
  })
}

/** Peers are dialled while the stores are opened. What takes the network over finds it running. */
async function startNetwork({ connecting, snapshots, onConnected }: TabRun): Promise<Network> {
  const network = await connecting
  network.onPeersChanged(() => showPeers(snapshots, network))
  await network.start()
  onConnected(network)
  return { ...network, start: async () => {} }
}
