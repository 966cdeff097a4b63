/** A real local network for tests: validator processes, QUIC between them through cuttable UDP proxies. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from '@cairn/primitives'
import {
  DEV_ACCOUNTS,
  type FinalizedBlockMeasure,
  type Localnet,
  type NodeStatus,
  startLocalnet,
  startWebServer,
} from '@cairn/cli'
import { type UdpProxy, startUdpProxy } from './udp-proxy.ts'

export interface TestNetwork {
  readonly chainId: number
  readonly directory: string
  readonly fundedKeys: readonly Hex[]
  rpcUrl(index: number): string
  wsUrl(index: number): string
  /** Starts the web page on a free port. */
  startWeb(): Promise<string>
  /** Latest status that validator `index` reported. */
  status(index: number): NodeStatus | undefined
  /** Every finalized block that validator `index` reported, in order, over restarts. */
  finalized(index: number): readonly FinalizedBlockMeasure[]
  /** Resolves when every validator in `indices` (default: all running) has reported `height`. */
  waitForHeight(height: number, indices?: readonly number[]): Promise<void>
  /** Highest height reported by any validator. */
  maxHeight(): number
  kill(index: number): Promise<void>
  start(index: number): Promise<void>
  isRunning(index: number): boolean
  /** Cuts all links between validators of different groups. */
  partition(...groups: readonly (readonly number[])[]): void
  heal(): void
  stop(): Promise<void>
}

export interface TestNetworkOptions {
  readonly validators?: number
  readonly heartbeatMs?: number
}

interface Waiter {
  readonly isMet: () => boolean
  readonly resolve: () => void
}

export async function startNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const validators = options.validators ?? 4
  const directory = mkdtempSync(join(tmpdir(), 'cairn-e2e-'))
  const links = await createLinks(validators)
  const statuses = new Map<number, NodeStatus>()
  const blocks: FinalizedBlockMeasure[][] = Array.from({ length: validators }, () => [])
  const waiters = new Set<Waiter>()
  const onProgress = (): void => {
    for (const waiter of waiters) if (waiter.isMet()) waiter.resolve()
  }
  const cleanUp = async (): Promise<void> => {
    await links.close()
    rmSync(directory, { recursive: true, force: true })
  }
  const localnet = await startLocalnet(
    {
      directory,
      validatorCount: validators,
      rpcPort: () => 0,
      ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
      peerAddress: links.through,
    },
    {
      onStatus: (index, status) => statuses.set(index, status),
      onFinalized: (index, block) => {
        blocks[index]?.push(block)
        onProgress()
      },
    },
  ).catch(async (error: unknown) => {
    await cleanUp()
    throw error
  })
  const webServers: { stop(): Promise<void> }[] = []
  const heightOf = (index: number): number => blocks[index]?.at(-1)?.height ?? 0
  const running = (): readonly number[] =>
    Array.from({ length: validators }, (_, index) => index).filter((index) => localnet.process(index) !== undefined)

  return {
    chainId: localnet.layout.chainSpec.chainId,
    directory,
    fundedKeys: DEV_ACCOUNTS.map((account) => account.privateKey),
    rpcUrl: (index) => `http://127.0.0.1:${rpcPort(localnet, index)}`,
    wsUrl: (index) => `ws://127.0.0.1:${rpcPort(localnet, index)}`,
    startWeb: async () => {
      const server = await startWebServer(localnet, 0)
      webServers.push(server)
      return server.url
    },
    status: (index) => statuses.get(index),
    finalized: (index) => blocks[index] ?? [],
    waitForHeight: async (height, indices = running()) => {
      const isMet = (): boolean => indices.every((index) => heightOf(index) >= height)
      if (isMet()) return
      await new Promise<void>((resolve) => {
        const waiter: Waiter = {
          isMet,
          resolve: () => {
            waiters.delete(waiter)
            resolve()
          },
        }
        waiters.add(waiter)
      })
    },
    maxHeight: () => Math.max(...blocks.map((_, index) => heightOf(index))),
    kill: (index) => localnet.killValidator(index, 'SIGKILL'),
    start: async (index) => void (await localnet.startValidator(index)),
    isRunning: (index) => localnet.process(index) !== undefined,
    partition: links.partition,
    heal: links.heal,
    stop: async () => {
      await Promise.all(webServers.map((server) => server.stop()))
      await localnet.stop()
      await cleanUp()
    },
  }
}

function rpcPort(localnet: Localnet, index: number): number {
  const running = localnet.process(index)
  if (running === undefined) throw new RangeError(`validator ${index} is not running`)
  return running.rpcPort
}

interface Links {
  through(from: number, to: number, address: string): string
  partition(...groups: readonly (readonly number[])[]): void
  heal(): void
  close(): Promise<void>
}

/** One proxy for each ordered pair of validators; its target is learnt from the address it stands in for. */
async function createLinks(validators: number): Promise<Links> {
  const proxies = new Map<string, UdpProxy>()
  for (let from = 0; from < validators; from++) {
    for (let to = 0; to < validators; to++) if (from !== to) proxies.set(`${from}-${to}`, await startUdpProxy())
  }
  const setAll = (isConnected: (from: number, to: number) => boolean): void => {
    for (const [link, proxy] of proxies) {
      const [from, to] = link.split('-').map(Number)
      proxy.setConnected(isConnected(from ?? 0, to ?? 0))
    }
  }
  return {
    through: (from, to, address) => {
      const proxy = proxies.get(`${from}-${to}`)
      if (proxy === undefined) throw new RangeError(`no link ${from}-${to}`)
      const replaced = address.replace(/\/udp\/(\d+)\//, (_, port: string) => {
        proxy.setTarget(Number(port))
        return `/udp/${proxy.port}/`
      })
      if (replaced === address) throw new RangeError(`not a QUIC address: ${address}`)
      return replaced
    },
    partition: (...groups) => {
      const groupOf = (index: number): number => groups.findIndex((group) => group.includes(index))
      setAll((from, to) => groupOf(from) === groupOf(to))
    },
    heal: () => setAll(() => true),
    close: async () => void (await Promise.all([...proxies.values()].map((proxy) => proxy.close()))),
  }
}
