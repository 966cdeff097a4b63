/**
 * The node in a tab: a follower that verifies each finalized block by itself, keeps what it has verified and serves it to
 * others; in the light role certificates and proofs alone. The same sync, commit and store code as on a server; what is
 * particular to a tab is where the chain spec comes from, the lock, and the snapshots for the page.
 */
import type { Network } from '@cairn/ports'
import { browserClock, browserTimers, createConsoleLog } from './browser-ports.ts'
import { attachTabs } from './attached-tabs.ts'
import { certifiedReader } from './certified-reader.ts'
import { type Answerers, createHttpPeers, lateNetwork, peersOrServers } from './http-peers.ts'
import { type LightTrust, openLightTrust } from './light-trust.ts'
import { fetchNetworkDescription } from './network-description.ts'
import { HEAD_START_MS } from './limits.ts'
import { acquireNodeLock } from './node-lock.ts'
import type { LookUp } from './proven-balance.ts'
import { type SnapshotPublisher, createSnapshotPublisher } from './snapshot-publisher.ts'
import { chainIdOf, forgetOldChains } from './stored-chains.ts'
import type { TabNodeOptions } from './tab-client.ts'
import { connectTab } from './tab-connect.ts'
import { countRefusals } from './tab-gossip.ts'
import { type ProvedHead, askHead, followHeads } from './tab-light.ts'
import { loadBls, loadExecutionParts } from './tab-parts.ts'
import type { RunningTab, TabRun } from './tab-run.ts'
import type { BalanceAnswer, TabSnapshot } from './tab-snapshot.ts'
import { showFailure, showTrust } from './tab-view.ts'
import type { UnlockedKey } from './validator-key.ts'

const log = createConsoleLog('cairn', false)

export interface TabNode {
  /** A validator waits for it. */
  unlock(key: UnlockedKey): void
  /** Of a validator: the tab may be gone or frozen in a moment. */
  announceLeaving(): void
  balance(address: string): Promise<BalanceAnswer>
}

export interface TabWindow {
  /** Leads to `startRtcHost`. */
  readonly rtcPort: MessagePort | undefined
  /** Bytes of `network.json`; `undefined`: they could not be had. */
  readonly described: Promise<Uint8Array | undefined>
  readonly onSnapshot: (snapshot: TabSnapshot) => void
}

/** Never rejects: what goes wrong is in the snapshots. */
export function createTabNode(options: TabNodeOptions, { onSnapshot, ...window }: TabWindow): TabNode {
  const snapshots = createSnapshotPublisher(attachTabs(onSnapshot), { timers: browserTimers })
  snapshots.update({ role: options.role })
  const unlocked = Promise.withResolvers<UnlockedKey>()
  let running: Partial<RunningTab> = {}
  const run = async (): Promise<void> => {
    try {
      const onReadable = (lookUp: LookUp): void => void (running = { lookUp })
      running = await runTabNode(options, window, { snapshots, unlocked: unlocked.promise, onReadable })
    } catch (error) {
      showFailure(snapshots, error)
    }
  }
  void run()
  return {
    unlock: unlocked.resolve,
    announceLeaving: () => running.announceLeaving?.(),
    balance: async (address) => {
      const { failure } = snapshots.current()
      // Of a network that was found to be dishonest nothing is believed that its validators have signed either.
      if (failure !== undefined) return { refused: failure }
      return running.lookUp?.(address) ?? { refused: { code: 'NOT_READY', message: 'The node is still starting.' } }
    },
  }
}

interface RunDeps {
  readonly snapshots: SnapshotPublisher
  readonly unlocked: Promise<UnlockedKey>
  /** Balances can be asked for from now on. */
  readonly onReadable: (lookUp: LookUp) => void
}

async function runTabNode(
  options: TabNodeOptions,
  { rtcPort, described }: Omit<TabWindow, 'onSnapshot'>,
  { snapshots, unlocked, onReadable }: RunDeps,
): Promise<RunningTab> {
  let hasWaited = false
  await acquireNodeLock(() => {
    hasWaited = true
    snapshots.update({ phase: 'waiting' })
  })
  snapshots.update({ phase: 'starting', step: 'Reading the chain spec' })
  const bls = loadBls()
  const executing = options.role === 'light' ? undefined : loadExecution()
  // Addresses change while another tab runs the node.
  const description = await fetchNetworkDescription(options.networkUrl, hasWaited ? undefined : described)
  snapshots.update({ step: 'Checking the genesis' })
  const { pinnedGenesis, checkpoint } = options
  const servers = createHttpPeers(description.rpcUrls)
  let network: Network | undefined
  const answerers = countRefusals(
    peersOrServers(
      lateNetwork(() => network),
      servers,
    ),
    snapshots,
  )
  const trust = Promise.resolve().then(() =>
    openLightTrust(
      description,
      { bls, pinnedGenesis, checkpoint },
      {
        clock: browserClock,
        log,
        onGenesis: (genesisHash) =>
          showTrust(snapshots, description, { genesisHash, isPinned: pinnedGenesis !== undefined }),
      },
    ),
  )
  // Before the page hears of the genesis: from then on it lets people ask.
  onReadable(certifiedReader({ answerers, trust }))
  const firstHead = askFirstHead(servers, trust)
  // Evaluating libp2p holds the thread up for as long as all checks of a first answer together.
  const headStart = Promise.race([
    firstHead,
    new Promise<void>((resolve) => browserTimers.after(HEAD_START_MS, resolve)),
  ])
  const connecting = headStart.then(() => connectTab(description, options, rtcPort))
  // Whoever needs a part hears of its failure; a start that ends before that has another reason.
  for (const part of [bls, executing?.code, trust, connecting]) part?.catch(() => undefined)
  const onConnected = (connected: Network): void => void (network = connected)
  const run = { description, options, trust, servers, answerers, firstHead, connecting, snapshots }
  try {
    const all = { ...run, onConnected, onReadable }
    const running =
      executing === undefined
        ? await runLight(all)
        : await (await executing.code).runExecuting({ ...all, parts: executing.parts }, unlocked)
    void forgetOldChains(chainIdOf(description.chainSpec), { clock: browserClock, log })
    return running
  } catch (error) {
    await connecting.then((connected) => connected.stop()).catch(() => undefined)
    throw error
  }
}

/** Code and core of the roles that execute; light tabs load neither. */
function loadExecution() {
  return { parts: loadExecutionParts(), code: import('./tab-executing.ts') }
}

/** What the servers prove to be finalized, before there is a peer. Never rejects. */
async function askFirstHead(servers: Answerers, trusting: Promise<LightTrust>): Promise<ProvedHead | undefined> {
  for (const { peerId } of servers.peers()) {
    const head = await askHead(peerId, servers, trusting).catch(() => undefined)
    if (head !== undefined) return head
  }
  return undefined
}

async function runLight({ trust, snapshots, ...run }: TabRun): Promise<RunningTab> {
  const follower = followHeads({ ...run, trust: await trust, snapshots })
  snapshots.update({ phase: 'connecting' })
  run.onReadable(follower.lookUp)
  const network = await run.connecting
  await follower.attach(countRefusals(network, snapshots))
  return { lookUp: follower.lookUp }
}
