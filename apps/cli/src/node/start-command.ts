/** `cairn start`: one node on its data directory, until a signal or its parent process ends it. */
import { readFile } from 'node:fs/promises'
import { type Block, type ChainSpec, genesisBlock, verifyChainSpec } from '@cairn/chain'
import { DEFAULT_DISSEMINATION } from '@cairn/consensus'
import type { Dissemination } from '@cairn/consensus'
import type { Bls } from '@cairn/crypto'
import { createNativeBls } from '@cairn/crypto/bls-native'
import { type CairnNode, type Checkpoint, createNode } from '@cairn/node'
import {
  type DataDirectory,
  createAppendLogFile,
  createLevelStore,
  createNodeNetwork,
  createPinoLog,
  createPrometheusMetrics,
  measureExecutor,
  openDataDirectory,
  spawnExecutor,
  startHttpServer,
  takeKeyLock,
  systemClock,
  systemRandom,
  systemTimers,
} from '@cairn/platform-node'
import type { Log, Metrics } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import { createRpc } from '@cairn/rpc'
import { connectParent } from './parent-link.ts'
import { joinBySnapshot } from '../snapshot/join-by-snapshot.ts'
import { readSpecText } from './spec-text.ts'
import { type StopSignal, listenForStop } from './stop-signal.ts'

export interface StartCommandOptions {
  readonly dataDir: string
  readonly rpcPort: number
  readonly p2pPort: number
  readonly tabPort: number
  readonly peer: readonly string[]
  readonly localNetwork: boolean
  /** Past blocks whose state stays readable; absent: the executor's default. */
  readonly historyBlocks: number | 'all' | undefined
  /** Only a chain that goes through it is followed. */
  readonly checkpoint: Checkpoint | undefined
  /** Where a node without a state gets it: by executing every block, or from a snapshot of its peers. */
  readonly sync: 'full' | 'snapshot'
  /** Sets of more validators send their votes to so many collectors; absent: as consensus has it. */
  readonly collectorsAbove: number | undefined
  readonly collectors: number | undefined
  /** Connections from others, validators' slots apart; absent: as the network has it. */
  readonly inboundMax: number | undefined
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** Goes into `web3_clientVersion`. */
const CLIENT_VERSION = `cairn/v0.1.0/${process.platform}-${process.arch}/node${process.versions.node}`

/**
 * Resolves when the node has stopped cleanly. `exit` ends the process at once, for a node that failed and cannot close.
 * @throws CodedError when it cannot start or cannot go on safely
 */
export async function runStart(options: StartCommandOptions, exit: (error: unknown) => void): Promise<void> {
  const parent = connectParent()
  const stop = listenForStop(exit)
  const log = createPinoLog({ level: options.logLevel, format: process.stdout.isTTY ? 'pretty' : 'json' })
  try {
    await using cleanup = new AsyncDisposableStack()
    const data = await openDataDirectory(options.dataDir)
    cleanup.defer(() => data.close())
    const { node, network, rpcPort, genesis } = await startNode(options, data, log, stop, cleanup)
    const { executionBlockHash, stateRoot } = genesis.header
    const genesisExecution = { executionBlockHash, stateRoot }
    parent.ready({ rpcPort, addresses: network.addresses(), genesisHash: genesis.hash, genesisExecution })
    cleanup.defer(parent.follow(node))
    await stop.requested
    log.info('stopping')
  } catch (thrown) {
    const { cause, later } = firstFailure(thrown)
    // Asked to stop in the middle of a snapshot: the next start goes on with it.
    if (cause instanceof CodedError && cause.code === 'SNAPSHOT_ABORTED') return
    for (const error of later) log.warn('a part of the failed node did not close', { error })
    parent.failed(cause)
    throw cause
  } finally {
    parent.close()
    stop.release()
  }
}

/** What stopped the node; what failed after it, while its parts were closed, is only its consequence. */
function firstFailure(thrown: unknown): { readonly cause: unknown; readonly later: readonly unknown[] } {
  const later: unknown[] = []
  let cause = thrown
  while (cause instanceof SuppressedError) {
    later.unshift(cause.error)
    cause = cause.suppressed
  }
  return { cause, later }
}

interface StartedNode {
  readonly node: CairnNode
  readonly network: Awaited<ReturnType<typeof createNodeNetwork>>
  readonly rpcPort: number
  readonly genesis: Block
}

/** What is opened goes onto `cleanup`, so it is closed in reverse order whatever happens. */
async function startNode(
  options: StartCommandOptions,
  data: DataDirectory,
  log: Log,
  { fail: onFatal, signal }: Pick<StopSignal, 'fail' | 'signal'>,
  cleanup: AsyncDisposableStack,
): Promise<StartedNode> {
  const bls = createNativeBls()
  const metrics = createPrometheusMetrics()
  const chainSpec = await readChainSpec(data)
  verifyChainSpec(chainSpec, bls)
  const identity = await data.readKey('identity.key')
  if (identity === undefined) throw new CodedError('KEY_MISSING', `${data.path} has no identity.key`)
  const validatorKey = await data.readKey('validator.key')
  // Before anything slow: two copies of a key must not both get as far as signing.
  if (validatorKey !== undefined) cleanup.defer(await takeKeyLock(bls.publicKey(validatorKey)))
  const executor = await spawnExecutor({
    chainSpec,
    path: data.statePath,
    ...(options.historyBlocks === undefined ? {} : { historyBlocks: options.historyBlocks }),
  })
  cleanup.defer(() => executor.stop())
  const chainDatabase = await createLevelStore(data.chainPath)
  cleanup.defer(() => chainDatabase.close())
  if (options.sync === 'snapshot') {
    await joinBySnapshot({
      chainSpec,
      checkpoint: options.checkpoint,
      executor,
      chainDatabase,
      bls,
      log: log.child('snapshot'),
      createNetwork: (genesis) => createNetwork(options, { data, chainSpec, genesis, identity, log, metrics }),
      signal,
    })
  }
  await executor.start()
  const genesis = genesisBlock(chainSpec, executor.genesis())
  const wal = await createAppendLogFile(data.walPath)
  cleanup.defer(() => wal.close())
  const network = await createNetwork(options, { data, chainSpec, genesis, identity, log, metrics })
  const node = await makeNode(
    { chainSpec, genesis, validatorKey, bls, checkpoint: options.checkpoint, dissemination: disseminationOf(options) },
    {
      executor,
      chainDatabase,
      wal,
      voteMarker: data.voteMarker,
      network,
      log,
      metrics,
      onFatal,
    },
  )
  cleanup.defer(() => node.stop())
  await node.start()
  const rpc = createRpc(
    {},
    { backend: node.rpcBackend, clock: systemClock, random: systemRandom, log: log.child('rpc'), metrics },
  )
  cleanup.defer(() => rpc.stop())
  const metricsText = async (): Promise<string> => {
    await measureExecutor(executor, metrics)
    return metrics.text()
  }
  const server = await startHttpServer(
    { port: options.rpcPort },
    { rpc, status: () => node.status(), metricsText, log: log.child('http') },
  )
  cleanup.defer(() => server.stop())
  return { node, network, rpcPort: server.port, genesis }
}

async function readChainSpec({ networkPath }: DataDirectory): Promise<ChainSpec> {
  let text: string
  try {
    text = await readFile(networkPath, 'utf8')
  } catch (cause) {
    throw new CodedError('CHAIN_SPEC_MISSING', `${networkPath} cannot be read`, { cause })
  }
  return readSpecText(text, networkPath)
}

function disseminationOf({ collectorsAbove, collectors }: StartCommandOptions): Dissemination {
  return {
    gossipMax: collectorsAbove ?? DEFAULT_DISSEMINATION.gossipMax,
    collectors: collectors ?? DEFAULT_DISSEMINATION.collectors,
  }
}

type NodeParts = Omit<Parameters<typeof createNode>[1], 'bls' | 'clock' | 'timers' | 'random'>

function makeNode(
  own: {
    readonly chainSpec: ChainSpec
    readonly genesis: Block
    readonly validatorKey: Uint8Array | undefined
    readonly bls: Bls
    readonly checkpoint: Checkpoint | undefined
    readonly dissemination: Dissemination
  },
  parts: NodeParts,
): Promise<CairnNode> {
  const { chainSpec, genesis, validatorKey, checkpoint, dissemination, bls } = own
  return createNode(
    {
      chainSpec,
      genesis,
      clientVersion: CLIENT_VERSION,
      dissemination,
      ...(validatorKey === undefined ? {} : { validatorKey }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    { ...parts, bls, clock: systemClock, timers: systemTimers, random: systemRandom },
  )
}

function createNetwork(
  options: StartCommandOptions,
  own: {
    readonly data: DataDirectory
    readonly chainSpec: ChainSpec
    readonly genesis: Block
    readonly identity: Uint8Array
    readonly log: Log
    readonly metrics: Metrics
  },
): ReturnType<typeof createNodeNetwork> {
  return createNodeNetwork(
    {
      genesisHash: own.genesis.hash,
      identity: own.identity,
      listen: {
        quicPort: options.p2pPort,
        tcpPort: options.p2pPort,
        wsPort: options.tabPort,
        webrtcDirectPort: options.tabPort,
      },
      // In a local network all servers are configured: they are only asked how tabs reach them, so that each can name the others.
      peers: options.localNetwork ? options.peer : [...options.peer, ...(own.chainSpec.bootstrap ?? [])],
      discovery: options.localNetwork
        ? { transports: [], target: 0 }
        : { transports: ['quic-v1', 'tcp', 'wss', 'ws'], dht: 'server' },
      localNetwork: options.localNetwork,
      ...(options.inboundMax === undefined ? {} : { inboundMax: options.inboundMax }),
      dataPath: own.data.path,
    },
    {
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      log: own.log.child('network'),
      metrics: own.metrics,
    },
  )
}
