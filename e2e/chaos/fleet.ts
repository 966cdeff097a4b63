/**
 * The validators of a chaos run and what may be done to them. Whatever a validator does by itself that it should not
 * (end, refuse to start, tell of another root at a height) becomes a violation; so does a vote log that shows two
 * conflicting votes, which is read after each death, over all lives.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FinalizedBlockMeasure, type Localnet, startLocalnet } from '@cairn/cli'
import { type Links, createLinks } from '@cairn/playwright/network'
import { CodedError } from '@cairn/primitives'
import { type VoteLedger, readVotes } from '../faults/vote-ledger.ts'
import { type SmallDisk, mountSmallDisk } from './small-disk.ts'

export interface FleetOptions {
  readonly nodes: number
  readonly heartbeatMs: number
  readonly random: () => number
  readonly onViolation: (what: string) => void
}

export interface Fleet {
  readonly directory: string
  readonly localnet: Localnet
  readonly links: Links
  /** The validator whose disk can be filled; `undefined` where this process may not mount one. */
  readonly smallDiskNode: number | undefined
  readonly ledgers: readonly VoteLedger[]
  readonly killCount: number
  /** Codes that validators stopped with when their disk was full. */
  readonly diskFullCodes: readonly string[]
  isUp(node: number): boolean
  /** Highest height a validator has told of; over its restarts. */
  height(node: number): number
  maxHeight(): number
  /** SIGKILL at any point of its life, also during its start. No-op on a dead one. */
  kill(node: number): Promise<void>
  /** Resolves when it is up. A start that was killed meanwhile is no failure. */
  start(node: number, clockOffsetMs?: number): Promise<void>
  /** SIGSTOP. */
  pause(node: number): void
  /** SIGCONT. */
  resume(node: number): void
  /** Keeps the small disk full until its validator has stopped by itself, or for `patienceMs`. */
  fillDisk(patienceMs: number): Promise<void>
  freeDisk(): void
  /** Calls back on each block a validator reports. */
  onBlock(listener: (node: number, block: FinalizedBlockMeasure) => void): () => void
  /** SIGKILL for all, and their vote logs read. */
  killAll(): Promise<void>
  remove(): Promise<void>
}

const CLOCK_MODULE = new URL('skewed-clock.mjs', import.meta.url).href
const REFILL_INTERVAL_MS = 100

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { nodes, onViolation } = options
  const directory = mkdtempSync(join(tmpdir(), 'cairn-chaos-'))
  const smallDiskNode = nodes - 1
  const smallDiskPath = join(directory, `validator-${smallDiskNode}`)
  mkdirSync(smallDiskPath, { recursive: true })
  const smallDisk: SmallDisk | undefined = mountSmallDisk(smallDiskPath)
  // What it has to say about its full disk goes elsewhere.
  symlinkSync(join(directory, `validator-${smallDiskNode}.log`), join(smallDiskPath, 'node.log'))
  const links = await createLinks(nodes, options.random)
  const pids = new Map<number, number>()
  const clockOffsets = new Map<number, number>()
  const heights = Array.from({ length: nodes }, () => 0)
  const ledgers: VoteLedger[] = Array.from({ length: nodes }, () => ({ votes: new Map() }))
  const rootByHeight = new Map<number, string>()
  const listeners = new Set<(node: number, block: FinalizedBlockMeasure) => void>()
  const diskFullCodes: string[] = []
  const starting = new Map<number, Promise<void>>()
  const killedPids = new Set<number>()
  let isDiskFull = false
  let killCount = 0

  const onFinalized = (node: number, block: FinalizedBlockMeasure): void => {
    heights[node] = Math.max(heights[node] ?? 0, block.height)
    const known = rootByHeight.get(block.height) ?? block.stateRoot
    if (known !== block.stateRoot) onViolation(`validator ${node}: another state root at height ${block.height}`)
    rootByHeight.set(block.height, known)
    for (const listener of listeners) listener(node, block)
  }

  const onEnded = (node: number, why: string): void => {
    pids.delete(node)
    if (node === smallDiskNode && isDiskFull) {
      const code = lastCode(directory, node)
      if (code === 'STORE_FULL') diskFullCodes.push(code)
      else onViolation(`validator ${node} ended on a full disk without saying so (${why}, ${code ?? 'no code'})`)
    } else onViolation(`validator ${node} ended by itself: ${why}: ${lastLines(directory, node)}`)
  }

  const localnet = await startLocalnet(
    {
      directory,
      validatorCount: nodes,
      rpcPort: () => 0,
      heartbeatMs: options.heartbeatMs,
      peerAddress: links.through,
      environment: (node) => clockEnvironment(clockOffsets.get(node) ?? 0),
    },
    { onSpawned: (node, pid) => pids.set(node, pid), onFinalized, onDied: onEnded },
  ).catch(async (error: unknown) => {
    await links.close()
    smallDisk?.unmount()
    rmSync(directory, { recursive: true, force: true })
    throw error
  })

  const readLedger = async (node: number): Promise<void> => {
    const ledger = ledgers[node]
    if (ledger === undefined) return
    await readVotes(directory, node, ledger).catch((error: unknown) => onViolation(String(error)))
  }

  const signal = (node: number, name: NodeJS.Signals): void => {
    const pid = pids.get(node)
    if (pid !== undefined) process.kill(pid, name)
  }

  const kill = async (node: number): Promise<void> => {
    const pid = pids.get(node)
    if (pid === undefined) return
    killCount++
    killedPids.add(pid)
    if (localnet.process(node) === undefined) {
      // Still starting: its own start sees it end.
      signal(node, 'SIGKILL')
      await starting.get(node)
    } else await localnet.killValidator(node, 'SIGKILL')
    pids.delete(node)
    await readLedger(node)
  }

  const startOnce = async (node: number): Promise<void> => {
    try {
      await localnet.startValidator(node)
    } catch (error) {
      const pid = pids.get(node)
      pids.delete(node)
      if (pid !== undefined && killedPids.has(pid)) return
      const code = error instanceof CodedError ? error.code : 'no code'
      const isExpected = node === smallDiskNode && isDiskFull && code === 'STORE_FULL'
      if (isExpected) diskFullCodes.push(code)
      else onViolation(`validator ${node} did not start: ${code}: ${String(error)}`)
    }
  }

  const start = (node: number, clockOffsetMs = 0): Promise<void> => {
    clockOffsets.set(node, clockOffsetMs)
    if (pids.has(node)) return starting.get(node) ?? Promise.resolve()
    const started = startOnce(node).finally(() => starting.delete(node))
    starting.set(node, started)
    return started
  }

  return {
    directory,
    localnet,
    links,
    smallDiskNode: smallDisk === undefined ? undefined : smallDiskNode,
    ledgers,
    get killCount() {
      return killCount
    },
    diskFullCodes,
    isUp: (node) => localnet.process(node) !== undefined,
    height: (node) => heights[node] ?? 0,
    maxHeight: () => Math.max(...heights),
    kill,
    start,
    pause: (node) => signal(node, 'SIGSTOP'),
    resume: (node) => signal(node, 'SIGCONT'),
    fillDisk: async (patienceMs) => {
      isDiskFull = true
      const untilMs = performance.now() + patienceMs
      while (pids.has(smallDiskNode) && performance.now() < untilMs) {
        smallDisk?.fill()
        await new Promise((resolve) => setTimeout(resolve, REFILL_INTERVAL_MS))
      }
      if (pids.has(smallDiskNode))
        onViolation(
          `validator ${smallDiskNode} went on for ${patienceMs} ms on a full disk: ${lastLines(directory, smallDiskNode)}`,
        )
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
    remove: async () => {
      await localnet.stop()
      await links.close()
      smallDisk?.unmount()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function clockEnvironment(offsetMs: number): Readonly<Record<string, string>> {
  if (offsetMs === 0) return {}
  const options = [process.env['NODE_OPTIONS'], `--import=${CLOCK_MODULE}`].filter((text) => text !== undefined)
  return { CHAOS_CLOCK_OFFSET_MS: String(offsetMs), NODE_OPTIONS: options.join(' ') }
}

/** The error line of a validator that stopped: `cairn: what happened [CODE]`. */
function lastCode(directory: string, node: number): string | undefined {
  return /\[([A-Z_]+)\]\s*$/.exec(lastLines(directory, node))?.[1]
}

function lastLines(directory: string, node: number): string {
  const text = readFileSync(join(directory, `validator-${node}`, 'node.log'), 'utf8')
  return text.trimEnd().split('\n').slice(-3).join(' | ')
}
