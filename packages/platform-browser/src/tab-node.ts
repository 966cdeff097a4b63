/**
 * The node in a tab: a follower that verifies each finalized block by itself and keeps what it has verified. The same
 * sync, commit and store code as on a server; what is particular to a tab is where the chain spec comes from, the lock,
 * and the snapshots for the page.
 */
import { decodeCertificate } from '@cairn/chain'
import { sha256 } from '@cairn/crypto'
import { createCommitter, createSyncDriver } from '@cairn/node'
import type { Network } from '@cairn/ports'
import { CodedError, type Hash, type Verdict, ignore, reject } from '@cairn/primitives'
import coreUrl from '@cairn/wasm-core/core.wasm?url'
import { chooseBootstrapPeers, isLocalNetwork } from './bootstrap-peers.ts'
import { browserClock, browserRandom, browserTimers, createConsoleLog, noMetrics } from './browser-ports.ts'
import { fetchBytes } from './fetch-bytes.ts'
import { CORE_MAX_BYTES, PROGRESS_INTERVAL_MS, STATUS_INTERVAL_MS } from './limits.ts'
import { createBrowserNetwork } from './network-browser.ts'
import { type NetworkDescription, fetchNetworkDescription } from './network-description.ts'
import { acquireNodeLock } from './node-lock.ts'
import { findProvenBalance } from './proven-balance.ts'
import { type SnapshotPublisher, createSnapshotPublisher } from './snapshot-publisher.ts'
import { type TabChain, openTabChain } from './tab-chain.ts'
import type { TabNodeOptions } from './tab-client.ts'
import type { BalanceAnswer, TabSnapshot } from './tab-snapshot.ts'
import { countRefusal, createProgressView, showBlock, showFailure, showTrust, watchStorage } from './tab-view.ts'
import { storedBlocks } from './verified-blocks.ts'

export interface TabNode {
  balance(address: string): Promise<BalanceAnswer>
}

type LookUp = (address: string) => Promise<BalanceAnswer>

const log = createConsoleLog('cairn', false)

/** Never rejects: what goes wrong is in the snapshots. `rtcPort` leads to `startRtcHost` in the window. */
export function createTabNode(
  options: TabNodeOptions,
  rtcPort: MessagePort | undefined,
  onSnapshot: (snapshot: TabSnapshot) => void,
): TabNode {
  const snapshots = createSnapshotPublisher(onSnapshot, { timers: browserTimers })
  let lookUp: LookUp | undefined
  const run = async (): Promise<void> => {
    try {
      lookUp = await runTabNode(options, rtcPort, snapshots)
    } catch (error) {
      showFailure(snapshots, error)
    }
  }
  void run()
  return {
    balance: async (address) =>
      lookUp === undefined
        ? { refused: { code: 'NOT_READY', message: 'The node is still starting.' } }
        : lookUp(address),
  }
}

async function runTabNode(
  options: TabNodeOptions,
  rtcPort: MessagePort | undefined,
  snapshots: SnapshotPublisher,
): Promise<LookUp> {
  await acquireNodeLock(() => snapshots.update({ phase: 'waiting' }))
  const { pinnedGenesis } = options
  snapshots.update({ phase: 'starting', step: 'Reading the chain spec' })
  const description = await fetchNetworkDescription(options.networkUrl)
  snapshots.update({ step: 'Loading the execution core' })
  const wasm = await fetchBytes(coreUrl, CORE_MAX_BYTES, 'CORE_MISSING')
  const coreSha256 = sha256(wasm)
  snapshots.update({ step: 'Checking what was stored' })
  const tab = await openTabChain(
    description,
    { wasm, pinnedGenesis },
    {
      clock: browserClock,
      log,
      onGenesis: (genesisHash) =>
        showTrust(snapshots, description, { genesisHash, coreSha256, isPinned: pinnedGenesis !== undefined }),
      onDamage: (code) => countRefusal(snapshots, code),
    },
  )
  const restoredHeight = tab.chain.head().height
  const blocks = await storedBlocks(tab.chain, tab.validators)
  snapshots.update({ phase: 'connecting', verifiedHeight: restoredHeight, blocks })
  watchStorage(snapshots, restoredHeight)
  return follow(tab, await connect(tab, description, options, rtcPort), snapshots)
}

/** @throws CodedError `NO_ADDRESS` */
async function connect(
  tab: TabChain,
  { bootstrap }: NetworkDescription,
  { transport }: TabNodeOptions,
  rtcPort: MessagePort | undefined,
): Promise<Network> {
  const peers = chooseBootstrapPeers(bootstrap, transport, rtcPort !== undefined)
  if (peers.length === 0) {
    throw new CodedError('NO_ADDRESS', 'The network names no peer that this browser can connect to.')
  }
  const { generateIdentity } = await import('@cairn/network')
  return createBrowserNetwork(
    {
      genesisHash: tab.genesisHash,
      identity: await generateIdentity(),
      peers,
      localNetwork: isLocalNetwork(peers),
    },
    {
      clock: browserClock,
      timers: browserTimers,
      random: browserRandom,
      log: log.child('network'),
      metrics: noMetrics,
      ...(rtcPort === undefined ? {} : { rtcPort }),
    },
  )
}

/** Follows the finalized chain for as long as the tab lives. */
async function follow(tab: TabChain, connected: Network, snapshots: SnapshotPublisher): Promise<LookUp> {
  const { chain, executor, genesisHash } = tab
  const network = countRefusals(connected, snapshots)
  const onFatal = (error: unknown): void => {
    showFailure(snapshots, error)
    void sync.stop()
  }
  /** Hash of a block that a certificate being applied names → its height. */
  const certified = new Map<Hash, number>()
  const waiting = new Set<() => void>()
  const committer = createCommitter({
    executor,
    chainStore: chain,
    onCommitted: (committed) => {
      showBlock(snapshots, tab, committed, certified.get(committed.finalization.hash) ?? 0)
      for (const resolve of waiting) resolve()
      waiting.clear()
    },
    onFatal,
  })
  const sync = createSyncDriver(
    { genesisHash, head: chain.head(), pollIntervalMs: STATUS_INTERVAL_MS },
    {
      network,
      clock: browserClock,
      timers: browserTimers,
      log: log.child('sync'),
      verifyFinalization: tab.verifyFinalization,
      apply: async (blocks, finalization) => {
        certified.set(finalization.hash, blocks.at(-1)?.header.height ?? 0)
        await committer.executeAndCommit(blocks, finalization)
        certified.delete(finalization.hash)
        sync.onHead(chain.head())
      },
      onFatal,
    },
  )
  network.onTopic('certificates', (data, from) => judgeCertificate(data, tab, () => sync.nudge(from)))
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
  return (address) => findProvenBalance(address, { network, chain, executor, clock: browserClock, nextBlock })
}

/** Every answer that is held against a peer is counted for the page. */
function countRefusals(network: Network, snapshots: SnapshotPublisher): Network {
  return {
    ...network,
    penalize: (peer, code) => {
      countRefusal(snapshots, code)
      network.penalize(peer, code)
    },
  }
}

/** A new finalization means that there is something to fetch. A follower has no use for the other kinds. */
function judgeCertificate(data: Uint8Array, tab: TabChain, onFinalization: () => void): Verdict {
  const decoded = decodeCertificate(data)
  if (!decoded.ok) return reject(decoded.code)
  const certificate = decoded.value
  if (certificate.kind !== 'finalize') return ignore('CERTIFICATE_NOT_NEEDED')
  if (certificate.hash === tab.chain.head().hash) return ignore('CERTIFICATE_KNOWN')
  const verdict = tab.verifyFinalization(certificate)
  if (verdict.verdict === 'accept') onFinalization()
  return verdict
}
