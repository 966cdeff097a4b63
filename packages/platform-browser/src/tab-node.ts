/**
 * The node in a tab: a follower that verifies each finalized block by itself, keeps what it has verified and serves it to
 * others; in the light role certificates and proofs alone. The same sync, commit and store code as on a server; what is
 * particular to a tab is where the chain spec comes from, the lock, and the snapshots for the page.
 */
import type { Bls } from '@cairn/crypto'
import { browserClock, browserTimers, createConsoleLog } from './browser-ports.ts'
import { attachTabs } from './attached-tabs.ts'
import { certifiedReader } from './certified-reader.ts'
import { createFirstLookUp } from './first-look-up.ts'
import { type NetworkDescription, fetchNetworkDescription, parseNetworkDescription } from './network-description.ts'
import { HEAD_START_MS } from './limits.ts'
import { acquireNodeLock } from './node-lock.ts'
import { type LookUp, isAddress, malformedAddress } from './proven-balance.ts'
import { type Questions, createQuestions } from './questions.ts'
import { type SnapshotPublisher, createSnapshotPublisher } from './snapshot-publisher.ts'
import { chainIdOf, forgetOldChains } from './stored-chains.ts'
import { markStart } from './start-marks.ts'
import type { TabNodeOptions } from './tab-client.ts'
import { connectTab } from './tab-connect.ts'
import { countRefusals } from './tab-gossip.ts'
import { followHeads } from './tab-light.ts'
import { loadExecutionParts } from './tab-parts.ts'
import { type TabReading, beginReading } from './tab-reading.ts'
import type { RunningTab, TabRun } from './tab-run.ts'
import type { BalanceAnswer, TabSnapshot } from './tab-snapshot.ts'
import { showFailure, showServers, showTrust } from './tab-view.ts'
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
  /** Of the module that the window compiles. */
  readonly bls: () => Promise<Bls>
  /** See `LightTrustOptions`. */
  readonly provenSpec: string | undefined
  readonly onProvenSpec: (record: string) => void
  readonly onSnapshot: (snapshot: TabSnapshot) => void
}

/** Never rejects: what goes wrong is in the snapshots. */
export function createTabNode(options: TabNodeOptions, { onSnapshot, ...window }: TabWindow): TabNode {
  let isOurs = false
  const publish = attachTabs(onSnapshot, () => isOurs)
  const snapshots = createSnapshotPublisher(publish, { timers: browserTimers })
  snapshots.update({ role: options.role })
  const unlocked = Promise.withResolvers<UnlockedKey>()
  const questions = createQuestions(browserTimers)
  const lookUps = createFirstLookUp(browserTimers)
  let running: RunningTab | undefined
  const run = async (): Promise<void> => {
    try {
      const onLocked = (): void => void (isOurs = true)
      const deps = { snapshots, unlocked: unlocked.promise, questions, onReadable: lookUps.set, onLocked }
      running = await runTabNode(options, window, deps)
      lookUps.set(running.lookUp)
    } catch (error) {
      showFailure(snapshots, error)
      lookUps.giveUp()
    }
  }
  void run()
  const answer = async (address: string): Promise<BalanceAnswer> => {
    if (!isAddress(address)) return malformedAddress
    const lookUp = await lookUps.get()
    const { failure } = snapshots.current()
    // Of a network that was found to be dishonest nothing is believed that its validators have signed either.
    if (failure !== undefined) return { refused: failure }
    return lookUp?.(address) ?? { refused: { code: 'NOT_READY', message: 'The node is still starting.' } }
  }
  return {
    unlock: unlocked.resolve,
    announceLeaving: () => running?.announceLeaving?.(),
    balance: (address) => questions.count(answer(address)),
  }
}

interface RunDeps {
  readonly snapshots: SnapshotPublisher
  readonly unlocked: Promise<UnlockedKey>
  /** Asked through the page. */
  readonly questions: Questions
  /** Balances can be asked for from now on. */
  readonly onReadable: (lookUp: LookUp) => void
  /** This tab runs the node of its origin. */
  readonly onLocked: () => void
}

async function runTabNode(
  options: TabNodeOptions,
  { rtcPort, described, bls: loadBls, provenSpec, onProvenSpec }: Omit<TabWindow, 'onSnapshot'>,
  { snapshots, unlocked, questions, onReadable, onLocked }: RunDeps,
): Promise<RunningTab> {
  let hasWaited = false
  const locked = acquireNodeLock(() => {
    hasWaited = true
    snapshots.update({ phase: 'waiting' })
  })
  const deps = { options, bls: loadBls(), snapshots, questions, log, provenSpec, onProvenSpec }
  const begin = (description: NetworkDescription): TabReading => {
    const begun = beginReading(description, deps)
    // Before the page hears of the genesis: from then on it lets people ask.
    onReadable(certifiedReader(begun))
    const isPinned = options.pinnedGenesis !== undefined
    begun.genesisHash.then(
      (genesisHash) => showTrust(snapshots, description, { genesisHash, isPinned }),
      () => undefined,
    )
    return begun
  }
  // What a first answer needs is not what the lock guards.
  const early = described.then((bytes) => bytes && parseFetched(bytes)).then((parsed) => parsed && begin(parsed))
  for (const part of [deps.bls, early]) part.catch(() => undefined)
  await locked
  onLocked()
  markStart('lock')
  snapshots.update({ phase: 'starting', step: 'Checking the genesis' })
  // Addresses change while another tab runs the node.
  const reading = (hasWaited ? undefined : await early) ?? begin(await fetchNetworkDescription(options.networkUrl))
  const { description, trust, firstHead } = reading
  // Evaluating libp2p holds the thread up for as long as all checks of a first answer together, and the core's machine code is
  // made by the other cores that a first answer needs.
  const headStart = Promise.race([
    firstHead.then(() => questions.none()),
    new Promise<void>((resolve) => browserTimers.after(HEAD_START_MS, resolve)),
  ])
  const executing = options.role === 'light' ? undefined : headStart.then(loadExecution)
  const connecting = headStart.then(() => connectTab(description, options, rtcPort))
  connecting.then(
    (network) => showServers(snapshots, network),
    () => undefined,
  )
  // Whoever needs a part hears of its failure; a start that ends before that has another reason.
  for (const part of [executing, trust, connecting]) part?.catch(() => undefined)
  const all = { ...reading, options, connecting, snapshots, onReadable }
  try {
    const running =
      executing === undefined
        ? await runLight(all)
        : await executing.then(({ parts, runExecuting }) => runExecuting({ ...all, parts }, unlocked))
    void forgetOldChains(chainIdOf(description.chainSpec), { clock: browserClock, log })
    return running
  } catch (error) {
    await connecting.then((connected) => connected.stop()).catch(() => undefined)
    throw error
  }
}

/** `undefined`: what the window has fetched is malformed, which is said when it is fetched anew. */
function parseFetched(bytes: Uint8Array): NetworkDescription | undefined {
  try {
    return parseNetworkDescription(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

/** Code and core of the roles that execute; light tabs load neither. */
async function loadExecution() {
  const parts = loadExecutionParts()
  return { parts, ...(await import('./tab-executing.ts')) }
}

async function runLight({ trust, snapshots, ...run }: TabRun): Promise<RunningTab> {
  const follower = followHeads({ ...run, trust: await trust, snapshots })
  snapshots.update({ phase: 'connecting' })
  run.onReadable(follower.lookUp)
  const network = await run.connecting
  await follower.attach(countRefusals(network, snapshots))
  return { lookUp: follower.lookUp }
}
