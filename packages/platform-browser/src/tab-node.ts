/**
 * The node in a tab: a follower that verifies each finalized block by itself, keeps what it has verified and serves it to
 * others; in the light role certificates and proofs alone. The same sync, commit and store code as on a server; what is
 * particular to a tab is where the chain spec comes from, the lock, and the snapshots for the page.
 */
import { sha256 } from '@cairn/crypto'
import type { Network } from '@cairn/ports'
import { CodedError, type Hash } from '@cairn/primitives'
import coreUrl from '@cairn/wasm-core/core.wasm?url'
import { chooseBootstrapPeers, isLocalNetwork } from './bootstrap-peers.ts'
import { browserClock, browserRandom, browserTimers, createConsoleLog, noMetrics } from './browser-ports.ts'
import { fetchBytes } from './fetch-bytes.ts'
import { CORE_MAX_BYTES } from './limits.ts'
import { createBrowserNetwork } from './network-browser.ts'
import { type NetworkDescription, fetchNetworkDescription } from './network-description.ts'
import { acquireNodeLock } from './node-lock.ts'
import type { LookUp } from './proven-balance.ts'
import { type SnapshotPublisher, createSnapshotPublisher } from './snapshot-publisher.ts'
import { forgetOldChains } from './stored-chains.ts'
import { beginTab } from './tab-beginning.ts'
import { type TabChain, chainIdOf, openTabTrust, storeNames } from './tab-chain.ts'
import type { TabNodeOptions } from './tab-client.ts'
import { followChain } from './tab-follow.ts'
import { followHeads } from './tab-light.ts'
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
  let running: RunningTab | undefined
  const run = async (): Promise<void> => {
    try {
      running = await runTabNode(options, rtcPort, snapshots, unlocked.promise)
    } catch (error) {
      showFailure(snapshots, error)
    }
  }
  void run()
  return {
    unlock: unlocked.resolve,
    announceLeaving: () => running?.announceLeaving?.(),
    balance: async (address) =>
      running?.lookUp(address) ?? { refused: { code: 'NOT_READY', message: 'The node is still starting.' } },
  }
}

/**
 * Further tabs of the origin show what the node of the first one says: they wait, and hear its snapshots. What a tab
 * hears from another one is of the same origin and of its own code.
 */
function attachTabs(onSnapshot: (snapshot: TabSnapshot) => void): (snapshot: TabSnapshot) => void {
  const channel = new BroadcastChannel('cairn-node')
  let own: TabSnapshot | undefined
  channel.addEventListener('message', ({ data }: MessageEvent<TabSnapshot>) => {
    if (own?.phase === 'waiting') onSnapshot({ ...data, phase: 'waiting' })
  })
  return (snapshot) => {
    own = snapshot
    onSnapshot(snapshot)
    // Before the lock is had, or while waiting, there is nothing to say to others.
    if (snapshot.trust !== undefined) channel.postMessage(snapshot)
  }
}

type RunningTab = { readonly lookUp: LookUp } & Partial<Pick<RunningValidator, 'announceLeaving'>>

async function runTabNode(
  options: TabNodeOptions,
  rtcPort: MessagePort | undefined,
  snapshots: SnapshotPublisher,
  unlocked: Promise<UnlockedKey>,
): Promise<RunningTab> {
  await acquireNodeLock(() => snapshots.update({ phase: 'waiting' }))
  const { pinnedGenesis } = options
  snapshots.update({ phase: 'starting', step: 'Reading the chain spec' })
  const description = await fetchNetworkDescription(options.networkUrl)
  snapshots.update({ step: 'Loading the execution core' })
  const wasm = await fetchBytes(coreUrl, CORE_MAX_BYTES, 'CORE_MISSING')
  const coreSha256 = sha256(wasm)
  const chainOptions = { wasm, pinnedGenesis }
  const deps = {
    clock: browserClock,
    log,
    onGenesis: (genesisHash: Hash) =>
      showTrust(snapshots, description, { genesisHash, coreSha256, isPinned: pinnedGenesis !== undefined }),
    onDamage: (code: string) => countRefusal(snapshots, code),
  }
  if (options.role === 'light') {
    snapshots.update({ step: 'Computing the genesis' })
    const trust = await openTabTrust(description, { ...chainOptions, checkpoint: options.checkpoint }, deps)
    snapshots.update({ phase: 'connecting' })
    const network = await connect(description, trust.genesisHash, options, rtcPort)
    return { lookUp: await followHeads(trust, network, snapshots) }
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
        return showOpened(chain, keptHeight, snapshots)
      },
      connect: async (genesisHash) => {
        const connected = await connect(description, genesisHash, options, rtcPort)
        connected.onPeersChanged(() => showPeers(snapshots, connected))
        await connected.start()
        return started(connected)
      },
    },
  )
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

/** It runs, whoever takes it over. */
function started(network: Network): Network {
  return { ...network, start: async () => {} }
}

/** @throws CodedError `NO_ADDRESS` */
async function connect(
  { bootstrap, iceServers, chainSpec }: NetworkDescription,
  genesisHash: Hash,
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
