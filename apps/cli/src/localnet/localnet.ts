/**
 * A network of validators on this machine, each its own operating-system process. What `npm start`,
 * the end-to-end tests and the benchmarks run: there is no second way to start a network.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError, assert } from '@cairn/primitives'
import type { FinalizedBlockMeasure, NodeStatus } from '@cairn/node'
import { type LocalnetLayout, type ValidatorLayout, openLocalnetDirectory } from './localnet-directory.ts'
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
  /** At each start, long before the validator is ready. */
  readonly onSpawned?: (index: number, pid: number) => void
  readonly onStatus?: (index: number, status: NodeStatus) => void
  readonly onFinalized?: (index: number, block: FinalizedBlockMeasure) => void
  readonly onDied?: (index: number, reason: string) => void
}

export interface Localnet {
  readonly layout: LocalnetLayout
  /** `undefined` while validator `index` is down. */
  process(index: number): NodeProcess | undefined
  /** Consensus hash of the genesis block, as the validators computed it. */
  readonly genesisHash: string
  readonly genesisExecution: NodeProcess['genesisExecution']
  startValidator(index: number): Promise<NodeProcess>
  killValidator(index: number, signal: NodeJS.Signals): Promise<void>
  /** Stops every process cleanly. */
  stop(): Promise<void>
}

/** Starts all validators. @throws CodedError what the first failing validator reported; the others are stopped */
export async function startLocalnet(options: LocalnetOptions, events: LocalnetEvents = {}): Promise<Localnet> {
  const layout = await openLocalnetDirectory(options)
  const processes = new Map<number, NodeProcess>()

  const startValidator = async (index: number): Promise<NodeProcess> => {
    assert(!processes.has(index), `validator ${index} is already running`)
    const validator = layout.validators[index]
    assert(validator !== undefined, `no validator ${index}`)
    mkdirSync(validator.directory, { recursive: true })
    const started = await spawnNodeProcess(
      {
        arguments: startArguments(options, layout, validator),
        logFile: join(validator.directory, 'node.log'),
        ...(options.environment === undefined ? {} : { environment: options.environment(index) }),
      },
      {
        onSpawned: (pid) => events.onSpawned?.(index, pid),
        onStatus: (status) => events.onStatus?.(index, status),
        onFinalized: (block) => events.onFinalized?.(index, block),
        onDied: (reason) => {
          processes.delete(index)
          events.onDied?.(index, reason)
        },
      },
    )
    processes.set(index, started)
    return started
  }

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
    killValidator: async (index, signal) => {
      const running = processes.get(index)
      processes.delete(index)
      await running?.kill(signal)
    },
    stop,
  }
}

function startArguments(options: LocalnetOptions, layout: LocalnetLayout, own: ValidatorLayout): readonly string[] {
  const peers = layout.validators
    .filter((other) => other.index !== own.index && options.absent?.includes(other.index) !== true)
    .map((other) => options.peerAddress?.(own.index, other.index, other.address) ?? other.address)
  return [
    '--data-dir',
    own.directory,
    '--rpc-port',
    String(options.rpcPort(own.index)),
    '--p2p-port',
    String(own.p2pPort),
    '--tab-port',
    String(own.tabPort),
    '--log-level',
    options.logLevel ?? 'info',
    '--local-network',
    ...peers.flatMap((peer) => ['--peer', peer]),
  ]
}
