/** One validator of a local network: a child process with its IPC channel and the tail of its log. */
import { type ChildProcess, fork } from 'node:child_process'
import { openSync, closeSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CodedError } from '@cairn/primitives'
import type { FinalizedBlockMeasure, NodeStatus } from '@cairn/node'
import type { NodeMessage, ParentMessage, ReadyMessage } from '../node/process-messages.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

export interface NodeProcessEvents {
  /** The process exists; it is far from ready, and may be killed. */
  readonly onSpawned?: (kill: (signal: NodeJS.Signals) => void) => void
  readonly onStatus: (status: NodeStatus) => void
  readonly onFinalized: (block: FinalizedBlockMeasure) => void
  /** The process ended without having been asked to. */
  readonly onDied: (reason: string) => void
}

export interface NodeProcess {
  readonly pid: number
  readonly rpcPort: number
  /** libp2p addresses the node listens on, with its peer id. */
  readonly addresses: readonly string[]
  readonly genesisHash: string
  readonly genesisExecution: ReadyMessage['genesisExecution']
  /** Clean stop: SIGTERM's way; resolves when the process is gone. */
  stop(): Promise<void>
  /** Resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>
}

export interface NodeProcessOptions {
  readonly arguments: readonly string[]
  readonly logFile: string
  /** On top of this process's own. */
  readonly environment?: Readonly<Record<string, string>>
}

/** @throws CodedError the child's own coded failure, or `NODE_START_FAILED` with the end of its log */
export async function spawnNodeProcess(options: NodeProcessOptions, events: NodeProcessEvents): Promise<NodeProcess> {
  const log = openSync(options.logFile, 'a')
  const child = fork(MAIN, ['start', ...options.arguments], {
    stdio: ['ignore', log, log, 'ipc'],
    execArgv: [],
    // Every validator loads the same modules: after the first one has compiled them, the others start in half the time.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env, ...options.environment },
  })
  closeSync(log)
  events.onSpawned?.((signal) => void child.kill(signal))
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  const ready = await waitUntilReady(child, exited, options.logFile)
  let stopping = false
  child.on('message', (message: NodeMessage) => {
    if (message.type === 'status') events.onStatus(message.status)
    if (message.type === 'finalized') events.onFinalized(message.block)
  })
  void exited.then((reason) => {
    if (!stopping) events.onDied(reason)
  })
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    stopping = true
    child.kill(signal)
    await exited
  }
  return {
    pid: child.pid ?? 0,
    rpcPort: ready.rpcPort,
    addresses: ready.addresses,
    genesisHash: ready.genesisHash,
    genesisExecution: ready.genesisExecution,
    kill,
    stop: async () => {
      stopping = true
      if (child.connected) child.send({ type: 'stop' } satisfies ParentMessage)
      else child.kill('SIGTERM')
      await exited
    },
  }
}

async function waitUntilReady(child: ChildProcess, exited: Promise<string>, logFile: string): Promise<ReadyMessage> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: NodeMessage): void => {
      if (message.type === 'ready') {
        child.off('message', onMessage)
        resolve(message)
      } else if (message.type === 'failed') {
        reject(new CodedError(message.code, message.message))
      }
    }
    child.on('message', onMessage)
    void exited.then((reason) =>
      reject(new CodedError('NODE_START_FAILED', `a validator ended during its start (${reason}): ${tail(logFile)}`)),
    )
  })
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join(' | ')
}
