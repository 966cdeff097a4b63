/**
 * A network of validators on this machine, each its own operating-system process. What `npm start`,
 * the end-to-end tests and the benchmarks run: there is no second way to start a network.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError, assert } from '@cairn/primitives'
import type { FinalizedBlockMeasure, NodeStatus } from '@cairn/node'
import {
  type LocalnetLayout,
  type ValidatorLayout,
  makeNodeDirectory,
  openLocalnetDirectory,
} from './localnet-directory.ts'
import type { Membership } from './local-spec.ts'
import { type NodeProcess, spawnNodeProcess } from './node-process.ts'

export interface LocalnetOptions {
  /** Created when absent; an existing local network in it goes on. */
  readonly directory: string
  readonly validatorCount: number
  /** RPC port of validator i; 0 takes any free one. */
  readonly rpcPort: (index: number) => number
  /** Address by which validator `from` dials validator `to`; tests put proxies here. */
  readonly peerAddress?: (from: number, to: number, address: string) => string
  readonly heartbeatMs?: number
  /** Default: two minutes of an idle network. */
  readonly epochLengthBlocks?: number
  /** Who validates from which epoch on; default: all, always. */
  readonly memberships?: readonly Membership[]
  /** Validators, by index, for which no process is started: something else has their keys. */
  readonly absent?: readonly number[]
  readonly logLevel?: string
  /** Environment variables of validator i on top of this process's own; asked at each of its starts. */
  readonly environment?: (index: number) => Readonly<Record<string, string>>
}

export interface LocalnetEvents {
  readonly onStatus?: (index: number, status: NodeStatus) => void
  readonly onFinalized?: (index: number, block: FinalizedBlockMeasure) => void
  readonly onDied?: (index: number, reason: string) => void
}

export interface JoinOptions {
  /** How it gets a state: executing every block, or a snapshot of its peers. */
  readonly sync: 'full' | 'snapshot'
}

export interface Localnet {
  readonly layout: LocalnetLayout
  /** `undefined` while validator `index` is down. */
  process(index: number): NodeProcess | undefined
  /** Consensus hash of the genesis block, as the validators computed it. */
  readonly genesisHash: string
  readonly genesisExecution: NodeProcess['genesisExecution']
  /** @throws CodedError what the process reported; `NODE_START_FAILED` also when it was killed before it was ready */
  startValidator(index: number): Promise<NodeProcess>
  /** Resolves when the process is gone, ready or still starting. No-op for one that is down. */
  killValidator(index: number, signal: NodeJS.Signals): Promise<void>
  /**
   * Starts one more node, which validates nothing, beside the validators.
   * @return its index, after theirs: from then on the methods above take it
   */
  join(options: JoinOptions): Promise<number>
  /** Stops every process cleanly. */
  stop(): Promise<void>
}

/** Starts all validators. @throws CodedError what the first failing validator reported; the others are stopped */
export async function startLocalnet(options: LocalnetOptions, events: LocalnetEvents = {}): Promise<Localnet> {
  const layout = await openLocalnetDirectory(options)
  const processes = new Map<number, NodeProcess>()
  const starting = new Map<number, { readonly kill: Kill; readonly isOver: Promise<void> }>()
  const launches = layout.validators.map((validator): Launch => ({
    directory: validator.directory,
    arguments: startArguments(options, layout, validator),
  }))

  const startValidator = async (index: number): Promise<NodeProcess> => {
    assert(!processes.has(index) && !starting.has(index), `validator ${index} is already running`)
    const launch = launches[index]
    assert(launch !== undefined, `no validator ${index}`)
    mkdirSync(launch.directory, { recursive: true })
    const over = Promise.withResolvers<void>()
    try {
      const started = await spawn(index, launch, (kill) => starting.set(index, { kill, isOver: over.promise }))
      processes.set(index, started)
      return started
    } finally {
      starting.delete(index)
      over.resolve()
    }
  }

  const spawn = (index: number, launch: Launch, onSpawned: (kill: Kill) => void): Promise<NodeProcess> =>
    spawnNodeProcess(
      {
        arguments: launch.arguments,
        logFile: join(launch.directory, 'node.log'),
        ...(options.environment === undefined ? {} : { environment: options.environment(index) }),
      },
      {
        onSpawned,
        onStatus: (status) => events.onStatus?.(index, status),
        onFinalized: (block) => events.onFinalized?.(index, block),
        onDied: (reason) => {
          processes.delete(index)
          events.onDied?.(index, reason)
        },
      },
    )

  const stop = async (): Promise<void> => {
    const running = [...processes.values()]
    processes.clear()
    await Promise.all(running.map((running) => running.stop()))
  }

  const present = layout.validators.filter(({ index }) => options.absent?.includes(index) !== true)
  const started = await Promise.allSettled(present.map(({ index }) => startValidator(index)))
  const failure = started.find((result) => result.status === 'rejected')
  if (failure !== undefined) {
    await stop()
    throw failure.reason instanceof CodedError
      ? failure.reason
      : new CodedError('NODE_START_FAILED', 'a validator did not start', { cause: failure.reason })
  }
  const first = [...processes.values()][0]
  assert(first !== undefined, 'a network has validators')
  return {
    layout,
    genesisHash: first.genesisHash,
    genesisExecution: first.genesisExecution,
    process: (index) => processes.get(index),
    startValidator,
    join: async ({ sync }) => {
      const index = launches.length
      const directory = join(options.directory, `node-${index}`)
      launches.push({
        directory,
        arguments: [
          ...commonArguments(directory, options, { rpc: 0, p2p: 0, tab: 0 }),
          '--sync',
          sync,
          ...present.flatMap(({ address }) => ['--peer', address]),
        ],
      })
      await makeNodeDirectory(directory, layout)
      await startValidator(index)
      return index
    },
    killValidator: async (index, signal) => {
      const early = starting.get(index)
      if (early !== undefined) {
        early.kill(signal)
        return early.isOver
      }
      const running = processes.get(index)
      processes.delete(index)
      await running?.kill(signal)
    },
    stop,
  }
}

type Kill = (signal: NodeJS.Signals) => void

/** What a node's process is started with, each time. */
interface Launch {
  readonly directory: string
  readonly arguments: readonly string[]
}

function startArguments(options: LocalnetOptions, layout: LocalnetLayout, own: ValidatorLayout): readonly string[] {
  const peers = layout.validators
    .filter((other) => other.index !== own.index && options.absent?.includes(other.index) !== true)
    .map((other) => options.peerAddress?.(own.index, other.index, other.address) ?? other.address)
  return [
    ...commonArguments(own.directory, options, {
      rpc: options.rpcPort(own.index),
      p2p: own.p2pPort,
      tab: own.tabPort,
    }),
    ...peers.flatMap((peer) => ['--peer', peer]),
  ]
}

function commonArguments(
  directory: string,
  options: LocalnetOptions,
  ports: { readonly rpc: number; readonly p2p: number; readonly tab: number },
): readonly string[] {
  return [
    '--data-dir',
    directory,
    '--rpc-port',
    String(ports.rpc),
    '--p2p-port',
    String(ports.p2p),
    '--tab-port',
    String(ports.tab),
    '--log-level',
    options.logLevel ?? 'info',
    '--local-network',
  ]
}
