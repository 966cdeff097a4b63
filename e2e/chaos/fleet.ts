/**
 * The validators of a chaos run and what may be done to them. Whatever a validator does by itself that it should not
 * (end, refuse to start, tell of another root at a height) becomes a violation; so does a vote log that shows two
 * conflicting votes, which is read after each death, over all lives.
 */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestNetwork, startNetwork } from '@cairn/playwright/network'
import { CodedError } from '@cairn/primitives'
import { type VoteLedger, readVotes } from '../faults/vote-ledger.ts'
import { type SmallDisk, mountSmallDisk } from './small-disk.ts'

export interface FleetOptions {
  readonly nodes: number
  readonly heartbeatMs: number
  /** Of the links' losses. */
  readonly seed: number
  readonly onViolation: (what: string) => void
}

export interface Fleet {
  readonly network: TestNetwork
  /** The validator whose disk can be filled; `undefined` where this process may not mount one. */
  readonly smallDiskNode: number | undefined
  readonly ledgers: readonly VoteLedger[]
  readonly killCount: number
  /** Codes that validators stopped with when their disk was full. */
  readonly diskFullCodes: readonly string[]
  /** Highest height a validator has told of; over its restarts. */
  height(node: number): number
  /** SIGKILL at any point of its life, also during its start. No-op on a dead one. */
  kill(node: number): Promise<void>
  /** Resolves when it is up. A start that was killed meanwhile is no failure. */
  start(node: number, clockOffsetMs?: number): Promise<void>
  /** Keeps the small disk full until its validator has stopped by itself, or for `patienceMs`. */
  fillDisk(patienceMs: number): Promise<void>
  freeDisk(): void
  /** Calls back on each block a validator reports. */
  onBlock(listener: (node: number, height: number) => void): () => void
  /** SIGKILL for all, and their vote logs read. */
  killAll(): Promise<void>
}

const REFILL_INTERVAL_MS = 100

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { nodes, onViolation } = options
  const smallDiskNode = nodes - 1
  let directory = ''
  let smallDisk: SmallDisk | undefined
  const heights = Array.from({ length: nodes }, () => 0)
  const ledgers: VoteLedger[] = Array.from({ length: nodes }, () => ({ votes: new Map() }))
  const rootByHeight = new Map<number, string>()
  const listeners = new Set<(node: number, height: number) => void>()
  const diskFullCodes: string[] = []
  const starting = new Map<number, Promise<void>>()
  const killed = new Set<number>()
  let isDiskFull = false
  let killCount = 0

  const network = await startNetwork({
    validators: nodes,
    heartbeatMs: options.heartbeatMs,
    seed: options.seed,
    prepare: (made) => {
      directory = made
      smallDisk = prepareSmallDisk(directory, smallDiskNode)
      return () => smallDisk?.unmount()
    },
    onFinalized: (node, { height, stateRoot }) => {
      heights[node] = Math.max(heights[node] ?? 0, height)
      const known = rootByHeight.get(height) ?? stateRoot
      if (known !== stateRoot) onViolation(`validator ${node}: another state root at height ${height}`)
      rootByHeight.set(height, known)
      for (const listener of listeners) listener(node, height)
    },
    onEnded: (node, why) => {
      if (node === smallDiskNode && isDiskFull) {
        const code = lastCode(directory, node)
        if (code === 'STORE_FULL') diskFullCodes.push(code)
        else onViolation(`validator ${node} ended on a full disk without saying so (${why}, ${code ?? 'no code'})`)
      } else onViolation(`validator ${node} ended by itself: ${why}: ${lastLines(directory, node)}`)
    },
  })

  const readLedger = async (node: number): Promise<void> => {
    const ledger = ledgers[node]
    if (ledger === undefined) return
    await readVotes(directory, node, ledger).catch((error: unknown) => onViolation(String(error)))
  }

  const kill = async (node: number): Promise<void> => {
    const start = starting.get(node)
    if (start === undefined && !network.isRunning(node)) return
    killCount++
    killed.add(node)
    await network.kill(node)
    // One that was killed in its start ends that start, too.
    await start
    await readLedger(node)
  }

  const startOnce = async (node: number, clockOffsetMs: number): Promise<void> => {
    killed.delete(node)
    try {
      await network.start(node, { clockOffsetMs })
    } catch (error) {
      if (killed.has(node)) return
      const code = error instanceof CodedError ? error.code : 'no code'
      const isExpected = node === smallDiskNode && isDiskFull && code === 'STORE_FULL'
      if (isExpected) diskFullCodes.push(code)
      else onViolation(`validator ${node} did not start: ${code}: ${String(error)}`)
    }
  }

  const start = (node: number, clockOffsetMs = 0): Promise<void> => {
    if (network.isRunning(node)) return Promise.resolve()
    const underWay = starting.get(node)
    if (underWay !== undefined) return underWay
    const started = startOnce(node, clockOffsetMs).finally(() => starting.delete(node))
    starting.set(node, started)
    return started
  }

  return {
    network,
    smallDiskNode: smallDisk === undefined ? undefined : smallDiskNode,
    ledgers,
    get killCount() {
      return killCount
    },
    diskFullCodes,
    height: (node) => heights[node] ?? 0,
    kill,
    start,
    fillDisk: async (patienceMs) => {
      isDiskFull = true
      const untilMs = performance.now() + patienceMs
      while (network.isRunning(smallDiskNode) && performance.now() < untilMs) {
        smallDisk?.fill()
        await new Promise((resolve) => setTimeout(resolve, REFILL_INTERVAL_MS))
      }
      if (!network.isRunning(smallDiskNode)) return
      const lines = lastLines(directory, smallDiskNode)
      onViolation(`validator ${smallDiskNode} went on for ${patienceMs} ms on a full disk: ${lines}`)
    },
    freeDisk: () => {
      smallDisk?.empty()
      isDiskFull = false
    },
    onBlock: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    killAll: async () => {
      await Promise.all(ledgers.map((_, node) => kill(node)))
      await Promise.all(ledgers.map((_, node) => readLedger(node)))
    },
  }
}

function prepareSmallDisk(directory: string, node: number): SmallDisk | undefined {
  const path = join(directory, `validator-${node}`)
  mkdirSync(path, { recursive: true })
  const smallDisk = mountSmallDisk(path)
  // What it has to say about its full disk goes elsewhere.
  symlinkSync(join(directory, `validator-${node}.log`), join(path, 'node.log'))
  return smallDisk
}

/** The error line of a validator that stopped: `cairn: what happened [CODE]`. */
function lastCode(directory: string, node: number): string | undefined {
  return /\[([A-Z_]+)\]\s*$/.exec(lastLines(directory, node))?.[1]
}

function lastLines(directory: string, node: number): string {
  const text = readFileSync(join(directory, `validator-${node}`, 'node.log'), 'utf8')
  return text.trimEnd().split('\n').slice(-3).join(' | ')
}
