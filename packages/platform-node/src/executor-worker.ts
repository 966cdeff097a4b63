/** Entry of the executor's worker thread: it alone opens the state database and reads it synchronously. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { ChainSpec } from '@cairn/chain'
import { createExecutor, serveExecutor } from '@cairn/executor'
import type { ExecutorMemoryBudget, HistoryBlocks } from '@cairn/executor'
import type { KeyValueStore } from '@cairn/ports'
import { assert } from '@cairn/primitives'
import { NODE_HISTORY_BLOCKS, NODE_MEMORY_BUDGET } from './executor-budget.ts'
import { messagePortFromNode } from './executor-port.ts'
import { createLevelStore } from './level-store.ts'
import { createSenderRecovery } from './sender-recovery.ts'

/** What `spawnExecutor` hands to the thread. */
export interface ExecutorWorkerData {
  readonly chainSpec: ChainSpec
  /** Directory of the state database. */
  readonly path: string
  /** How many blocks below the head stay readable; `all`: an archive. Default `NODE_HISTORY_BLOCKS`. */
  readonly historyBlocks?: HistoryBlocks
  /** Default `NODE_MEMORY_BUDGET`. */
  readonly memoryBudget?: ExecutorMemoryBudget
}

/** First message to the parent: `open` is `undefined` on success. */
export interface ExecutorWorkerReady {
  readonly open: { readonly code: string; readonly message: string } | undefined
}

assert(parentPort !== null, 'the executor worker is a worker thread')
const port = parentPort
const { chainSpec, path, historyBlocks, memoryBudget } = workerData as ExecutorWorkerData
let stateStore: KeyValueStore | undefined
try {
  stateStore = await createLevelStore(path)
  const wasm = await readFile(fileURLToPath(import.meta.resolve('@cairn/wasm-core/core.wasm')))
  const clock = { monotonicMs: () => performance.now() }
  const executor = createExecutor(
    {
      chainSpec,
      stateStore,
      wasm,
      historyBlocks: historyBlocks ?? NODE_HISTORY_BLOCKS,
      memoryBudget: memoryBudget ?? NODE_MEMORY_BUDGET,
    },
    { clock, senderRecovery: createSenderRecovery() },
  )
  serveExecutor(messagePortFromNode(port), executor)
  port.postMessage({ open: undefined } satisfies ExecutorWorkerReady)
} catch (error) {
  await stateStore?.close()
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  const open = { code: typeof code === 'string' ? code : 'EXECUTOR_FAILED', message: String(message) }
  port.postMessage({ open } satisfies ExecutorWorkerReady)
  port.close()
}
