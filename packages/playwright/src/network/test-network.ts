/**
 * A real local network for tests: validator processes on their own data directories, QUIC between them through
 * proxies that can be cut, slowed and made to lose, and on request the web page. All ports are free ones.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError, type Hash, type Hex } from '@cairn/primitives'
import {
  DEV_ACCOUNTS,
  type FinalizedBlockMeasure,
  type JoinOptions,
  type Localnet,
  type NodeStatus,
  startLocalnet,
  startWebServer,
  webNetworkOf,
} from '@cairn/cli'
import { createHeightWatch } from './height-watch.ts'
import { type LinkFault, createLinks } from './links.ts'
import { type SoloServer, startSoloServer } from '../solo/solo-server.ts'
import { seededRandom } from './seeded-random.ts'
import { skewedClockEnvironment } from './skewed-clock.ts'
import { type Wallets, createWallets } from './wallets.ts'

export interface TestNetworkOptions {
  /** Default 4. */
  readonly validators?: number
  /** Of these, the last ones that have no process: their keys are for tabs. Default 0. */
  readonly tabValidators?: number
  /** Longest time between blocks while there are no transactions, milliseconds; default 1 000. */
  readonly heartbeatMs?: number
  /** Default: what `npm start` has. */
  readonly epochLengthBlocks?: number
  /** Which validators vote from which epoch on; the first one is of epoch 0. Default: all, always. */
  readonly memberships?: readonly { readonly epoch: number; readonly members: readonly number[] }[]
  /** Sets of more than `above` validators send their votes to `count` collectors a view. Default: as production has it. */
  readonly collectors?: { readonly above: number; readonly count: number }
  /** Connections that a node takes from others, validators' slots apart. Default: as production has it. */
  readonly inboundMax?: number
  /** Of the links' losses and jitter; default 1. */
  readonly seed?: number
  /**
   * Called before anything starts, with the directory that the validators' data directories will be in.
   * @return called before that directory is removed
   */
  readonly prepare?: (directory: string) => () => void
  /** Each block that a node reports as final. */
  readonly onFinalized?: (index: number, block: FinalizedBlockMeasure) => void
  /** A node's process ended though nobody had asked it to. */
  readonly onEnded?: (index: number, reason: string) => void
}

export interface StartOptions {
  /** What its wall clock is wrong by, milliseconds; its monotonic clock is right. Default 0. */
  readonly clockOffsetMs?: number
}

export interface TestNetwork extends Wallets {
  readonly chainId: number
  readonly genesisHash: Hash
  readonly validators: number
  /** Data directories `validator-0` …, each with its `node.log`; removed by `stop`. */
  readonly directory: string
  readonly fundedKeys: readonly Hex[]
  rpcUrl(index: number): string
  wsUrl(index: number): string
  /** Starts the web page on a free port, or gives the one that runs. @throws CodedError `WEB_NOT_BUILT` */
  startWeb(): Promise<string>
  /** A server of this network without its chain, in the test's own process: tabs find each other over it. */
  startRelay(): Promise<SoloServer>
  /** Latest status that validator `index` reported. */
  status(index: number): NodeStatus | undefined
  /** Every finalized block that validator `index` reported, in order, over restarts. */
  finalized(index: number): readonly FinalizedBlockMeasure[]
  /**
   * Resolves when every validator in `indices` (default: all that run) has finalized `height`.
   * @throws CodedError `HEIGHT_NOT_REACHED` after `timeoutMs` (default 60 s), with the heights there are
   */
  waitForHeight(height: number, indices?: readonly number[], timeoutMs?: number): Promise<void>
  /** Highest height reported by any validator. */
  maxHeight(): number
  /** @throws CodedError `ROOTS_DIFFER` when two of `indices` (default: all) have reported two roots for one height */
  assertSameRoot(indices?: readonly number[]): void
  /** 32 bytes; the key of a validator that runs in a tab. */
  secretKey(index: number): Uint8Array
  /** SIGTERM: a clean stop, in which a validator tells the others that it leaves. */
  shutDown(index: number): Promise<void>
  /** SIGKILL: nothing is flushed, nobody is told. Also in the middle of a start, which then rejects. No-op on a dead one. */
  kill(index: number): Promise<void>
  /** Starts a node that was shut down or killed, on what its directory holds. @throws CodedError what it reported */
  start(index: number, options?: StartOptions): Promise<void>
  /**
   * Starts one more node, which validates nothing, in a directory `node-<index>` of its own. By default it executes every
   * block, `{ sync: 'snapshot' }` lets it take the state from the others.
   * @return its index, after those of the validators: whatever takes an index takes it, but for links
   */
  join(options?: JoinOptions): Promise<number>
  /** `kill` and `start`. */
  restart(index: number): Promise<void>
  /** SIGSTOP: the process keeps its sockets and answers nothing. `resume` lets it go on. */
  pause(index: number): void
  resume(index: number): void
  isRunning(index: number): boolean
  /** Cuts all links between validators of different groups; one in no group is cut off from all in groups. */
  partition(...groups: readonly (readonly number[])[]): void
  /** Sets for each direction whether what `from` sends to `to` vanishes: one-way partitions. */
  cut(isCut: (from: number, to: number) => boolean): void
  /** Undoes `partition` and `cut`. */
  heal(): void
  /** Delays (and, with `fault`, loses or doubles) datagrams on all links, or those between the validators named. */
  delay(delayMs: number, fault?: Partial<Omit<LinkFault, 'delayMs'>>, between?: readonly number[]): void
  stop(): Promise<void>
}

const HEIGHT_TIMEOUT_MS = 60_000

function collectorsEnvironment({ collectors }: TestNetworkOptions): Readonly<Record<string, string>> {
  if (collectors === undefined) return {}
  return { CAIRN_COLLECTORS_ABOVE: String(collectors.above), CAIRN_COLLECTORS: String(collectors.count) }
}

/** Resolves when every validator answers. @throws CodedError what the first failing validator reported */
export async function startNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const validators = options.validators ?? 4
  const all = indicesOf(validators)
  const directory = mkdtempSync(join(tmpdir(), 'cairn-e2e-'))
  const links = await createLinks(validators, seededRandom(options.seed ?? 1))
  const statuses = new Map<number, NodeStatus>()
  const heights = createHeightWatch()
  const clockOffsetsMs = new Map<number, number>()
  const undoPreparation = options.prepare?.(directory)
  const cleanUp = async (): Promise<void> => {
    await links.close()
    undoPreparation?.()
    rmSync(directory, { recursive: true, force: true })
  }
  const localnet = await startLocalnet(
    {
      directory,
      validatorCount: validators,
      rpcPort: () => 0,
      absent: all.slice(validators - (options.tabValidators ?? 0)),
      ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
      ...(options.epochLengthBlocks === undefined ? {} : { epochLengthBlocks: options.epochLengthBlocks }),
      ...(options.memberships === undefined ? {} : { memberships: options.memberships }),
      peerAddress: links.through,
      environment: (index) => ({
        ...collectorsEnvironment(options),
        ...(options.inboundMax === undefined ? {} : { CAIRN_INBOUND_MAX: String(options.inboundMax) }),
        ...skewedClockEnvironment(clockOffsetsMs.get(index) ?? 0),
      }),
    },
    {
      onStatus: (index, status) => statuses.set(index, status),
      onFinalized: (index, block) => {
        heights.add(index, block)
        options.onFinalized?.(index, block)
      },
      onDied: (index, reason) => options.onEnded?.(index, reason),
    },
  ).catch(async (error: unknown) => {
    await cleanUp()
    throw error
  })
  const { chainId } = localnet.layout.chainSpec
  const rpcUrl = (index: number): string => `http://127.0.0.1:${running(localnet, index).rpcPort}`
  const start: TestNetwork['start'] = async (index, { clockOffsetMs = 0 } = {}) => {
    clockOffsetsMs.set(index, clockOffsetMs)
    await localnet.startValidator(index)
  }
  let nodes = validators
  const kill = (index: number): Promise<void> => localnet.killValidator(index, 'SIGKILL')
  const waitForHeight: TestNetwork['waitForHeight'] = (height, indices, timeoutMs = HEIGHT_TIMEOUT_MS) =>
    heights.wait(
      height,
      indices ?? indicesOf(nodes).filter((index) => localnet.process(index) !== undefined),
      timeoutMs,
    )
  const genesisHash = localnet.genesisHash as Hash
  const relays: SoloServer[] = []
  let web: ReturnType<typeof startWebServer> | undefined

  return {
    ...createWallets(chainId, rpcUrl, waitForHeight),
    chainId,
    genesisHash,
    validators,
    directory,
    fundedKeys: DEV_ACCOUNTS.map((account) => account.privateKey),
    rpcUrl,
    wsUrl: (index) => `ws://127.0.0.1:${running(localnet, index).rpcPort}`,
    startWeb: async () => (await (web ??= startWebServer(() => webNetworkOf(localnet), 0))).url,
    startRelay: async () => {
      const relay = await startSoloServer(genesisHash)
      relays.push(relay)
      return relay
    },
    status: (index) => statuses.get(index),
    finalized: heights.blocks,
    waitForHeight,
    maxHeight: heights.maxHeight,
    assertSameRoot: (indices = indicesOf(nodes)) => heights.assertSameRoots(indices),
    secretKey: (index) => readFileSync(join(directory, `validator-${index}`, 'validator.key')),
    shutDown: (index) => localnet.killValidator(index, 'SIGTERM'),
    kill,
    start,
    join: async (joinOptions = { sync: 'full' }) => {
      const index = await localnet.join(joinOptions)
      nodes = index + 1
      return index
    },
    restart: async (index) => {
      await kill(index)
      await start(index)
    },
    pause: (index) => void process.kill(running(localnet, index).pid, 'SIGSTOP'),
    resume: (index) => void process.kill(running(localnet, index).pid, 'SIGCONT'),
    isRunning: (index) => localnet.process(index) !== undefined,
    partition: links.partition,
    cut: links.cut,
    heal: links.heal,
    delay: (delayMs, { jitterMs = 0, lossRatio = 0, duplicateRatio = 0 } = {}, between = all) => {
      const isFault = delayMs + jitterMs + lossRatio + duplicateRatio > 0
      links.setFault(isFault ? { delayMs, jitterMs, lossRatio, duplicateRatio } : undefined, between)
    },
    stop: async () => {
      await (await web)?.stop()
      await Promise.all(relays.map((relay) => relay.stop()))
      // A stopped process does not hear the request to end.
      for (const index of indicesOf(nodes)) resumeIfRunning(localnet, index)
      await localnet.stop()
      await cleanUp()
    },
  }
}

function indicesOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function resumeIfRunning(localnet: Localnet, index: number): void {
  const pid = localnet.process(index)?.pid
  if (pid !== undefined && pid > 0) process.kill(pid, 'SIGCONT')
}

function running(localnet: Localnet, index: number): NonNullable<ReturnType<Localnet['process']>> {
  const process = localnet.process(index)
  if (process === undefined) throw new CodedError('VALIDATOR_NOT_RUNNING', `validator ${index} is not running`)
  return process
}
