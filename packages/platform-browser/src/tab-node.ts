/**
 * The node in a tab: a follower that verifies each finalized block by itself, keeps what it has verified and serves it to
 * others; in the light role certificates and proofs alone. The same sync, commit and store code as on a server; what is
 * particular to a tab is where the chain spec comes from, the lock, and the snapshots for the page.
 */
import type { Network } from '@cairn/ports'
import { CodedError, type Hash } from '@cairn/primitives'
import { chooseBootstrapPeers, isLocalNetwork } from './bootstrap-peers.ts'
import { browserClock, browserRandom, browserTimers, createConsoleLog, noMetrics } from './browser-ports.ts'
import { createBrowserNetwork } from './network-browser.ts'
import { type NetworkDescription, fetchNetworkDescription } from './network-description.ts'
import { attachTabs } from './attached-tabs.ts'
import { acquireNodeLock } from './node-lock.ts'
import { type LookUp, findOwnBalance } from './proven-balance.ts'
import { type SnapshotPublisher, createSnapshotPublisher } from './snapshot-publisher.ts'
import { forgetOldChains } from './stored-chains.ts'
import { beginTab } from './tab-beginning.ts'
import { type TabChain, chainIdOf, openTabTrust, storeNames } from './tab-chain.ts'
import type { TabNodeOptions } from './tab-client.ts'
import { followChain } from './tab-follow.ts'
import { followHeads } from './tab-light.ts'
import { loadTabParts } from './tab-parts.ts'
import type { BalanceAnswer, TabSnapshot } from './tab-snapshot.ts'
import type { RunningValidator } from './tab-validator.ts'
import { countRefusal, showFailure, showPeers, showRestored, showTrust, watchStorage } from './tab-view.ts'
import type { UnlockedKey } from './validator-key.ts'
import { storedBlocks } from './verified-blocks.ts'
import { startWakeWatch } from './wake-watch.ts'

export interface TabNode {
  /** A validator waits for it. */
  unlock(key: UnlockedKey): void
  /** Of a validator: the tab may be gone or frozen in a moment. */
  announceLeaving(): void
  balance(address: string): Promise<BalanceAnswer>
}

const log = createConsoleLog('cairn', false)

/** Never rejects: what goes wrong is in the snapshots. `rtcPort` leads to `startRtcHost` in the window. */
export function createTabNode(
  options: TabNodeOptions,
  rtcPort: MessagePort | undefined,
  onSnapshot: (snapshot: TabSnapshot) => void,
): TabNode {
  const snapshots = createSnapshotPublisher(attachTabs(onSnapshot), { timers: browserTimers })
  snapshots.update({ role: options.role })
  const unlocked = Promise.withResolvers<UnlockedKey>()
  let running: Partial<RunningTab> = {}
  const run = async (): Promise<void> => {
    try {
      const onReadable = (lookUp: LookUp): void => void (running = { lookUp })
      running = await runTabNode(options, rtcPort, { snapshots, unlocked: unlocked.promise, onReadable })
    } catch (error) {
      showFailure(snapshots, error)
    }
  }
  void run()
  return {
    unlock: unlocked.resolve,
    announceLeaving: () => running.announceLeaving?.(),
    balance: async (address) =>
      running.lookUp?.(address) ?? { refused: { code: 'NOT_READY', message: 'The node is still starting.' } },
  }
}

type RunningTab = { readonly lookUp: LookUp } & Partial<Pick<RunningValidator, 'announceLeaving'>>

interface RunDeps {
  readonly snapshots: SnapshotPublisher
  readonly unlocked: Promise<UnlockedKey>
  /** Stored state can be read, though nobody is connected yet. */
  readonly onReadable: (lookUp: LookUp) => void
}

async function runTabNode(
  options: TabNodeOptions,
  rtcPort: MessagePort | undefined,
  { snapshots, unlocked, onReadable }: RunDeps,
): Promise<RunningTab> {
  await acquireNodeLock(() => snapshots.update({ phase: 'waiting' }))
  const { pinnedGenesis } = options
  snapshots.update({ phase: 'starting', step: 'Reading the chain spec' })
  const parts = loadTabParts(rtcPort)
  const description = await fetchNetworkDescription(options.networkUrl)
  snapshots.update({ step: 'Loading the execution core' })
  const chainOptions = { ...parts, wasm: await parts.wasm, pinnedGenesis }
  const deps = {
    clock: browserClock,
    log,
    onGenesis: (genesisHash: Hash) =>
      showTrust(snapshots, description, { genesisHash, isPinned: pinnedGenesis !== undefined }),
    onDamage: (code: string) => countRefusal(snapshots, code),
  }
  if (options.role === 'light') {
    snapshots.update({ step: 'Computing the genesis' })
    const trust = openTabTrust(description, { ...chainOptions, checkpoint: options.checkpoint }, deps)
    trust.catch(() => undefined)
    void forgetOldChains(chainIdOf(description.chainSpec), { clock: browserClock, log })
    return { lookUp: await followHeads(trust, await connect(description, options, rtcPort), snapshots) }
  }
  let key: UnlockedKey | undefined
  if (options.role === 'validator') {
    snapshots.update({ phase: 'locked' })
    key = await unlocked
    const { acquireKeyLock } = await import('./tab-validator.ts')
    await acquireKeyLock(key.publicKey)
  }
  snapshots.update({ phase: 'starting', step: 'Checking what was stored' })
  const { checkpoint } = options
  const connecting = startNetwork(description, options, rtcPort, snapshots)
  connecting.catch(() => undefined)
  let opened: TabChain | undefined
  watchStorage(snapshots, () => opened?.chain)
  const { tab, network } = await beginTab(
    description,
    { ...chainOptions, sync: options.sync, checkpoint },
    {
      ...deps,
      snapshots,
      onOpened: (chain, keptHeight) => {
        opened = chain
        onReadable((address) => findOwnBalance(address, chain.executor))
        return showOpened(chain, keptHeight, snapshots)
      },
      connect: () => connecting,
    },
  ).catch(async (error: unknown) => {
    await connecting.then((running) => running.stop()).catch(() => undefined)
    throw error
  })
  void forgetOldChains(chainIdOf(description.chainSpec), { clock: browserClock, log })
  if (key !== undefined) {
    // Consensus and mempool: only validators load them.
    const { runValidator } = await import('./tab-validator.ts')
    return runValidator(tab, key, network, { snapshots, checkpoint })
  }
  return { lookUp: await followChain(tab, network, { snapshots, checkpoint, isServing: options.role === 'serving' }) }
}

/** What was stored stands on the page before there is a peer. */
async function showOpened(
  { chain, epochs }: TabChain,
  keptHeight: number,
  snapshots: SnapshotPublisher,
): Promise<void> {
  const verifiedHeight = chain.head().height
  showRestored(snapshots, keptHeight)
  snapshots.update({ phase: 'connecting', verifiedHeight, blocks: await storedBlocks(chain, epochs) })
}

/** Peers are dialled while the stores are opened. What takes the network over finds it running. */
async function startNetwork(
  description: NetworkDescription,
  options: TabNodeOptions,
  rtcPort: MessagePort | undefined,
  snapshots: SnapshotPublisher,
): Promise<Network> {
  const network = await connect(description, options, rtcPort)
  network.onPeersChanged(() => showPeers(snapshots, network))
  await network.start()
  return { ...network, start: async () => {} }
}

/**
 * A network that is not started. Its protocols are named for the genesis that the server claims; nothing that is heard counts
 * before that was computed here and is the same.
 * @throws CodedError `NO_ADDRESS`
 */
async function connect(
  { bootstrap, iceServers, chainSpec, genesisHash }: NetworkDescription,
  { transport }: TabNodeOptions,
  rtcPort: MessagePort | undefined,
): Promise<Network> {
  const known = [...new Set([...bootstrap, ...(chainSpec.bootstrap ?? [])])]
  const peers = chooseBootstrapPeers(known, { transport, hasWebRtc: rtcPort !== undefined, random: Math.random })
  if (peers.length === 0) {
    throw new CodedError('NO_ADDRESS', 'The network names no peer that this browser can connect to.')
  }
  const { openTabPeers } = await import('./tab-peers.ts')
  const { identity, memory } = await openTabPeers(storeNames(chainSpec).peers, log)
  const network = await createBrowserNetwork(
    {
      genesisHash,
      identity,
      peers,
      localNetwork: isLocalNetwork(peers),
      isMeshed: transport === 'any',
      iceServers,
    },
    {
      clock: browserClock,
      timers: browserTimers,
      random: browserRandom,
      log: log.child('network'),
      metrics: noMetrics,
      ...(memory === undefined ? {} : { memory }),
      ...(rtcPort === undefined ? {} : { rtcPort }),
    },
  )
  startWakeWatch(() => network.wake(), { clock: browserClock, timers: browserTimers, scope: globalThis })
  return network
}
