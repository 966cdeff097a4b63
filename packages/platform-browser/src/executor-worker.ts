/** Entry of the executor's worker: it alone opens the state database, loads ahead what a block announces, and executes. */
import type { ChainSpec } from '@cairn/chain'
import { createExecutor, serveExecutor } from '@cairn/executor'
import type { HistoryBlocks } from '@cairn/executor'
import type { KeyValueStore } from '@cairn/ports'
import { CodedError } from '@cairn/primitives'
import { createMemoryStore } from '@cairn/storage'
import { executorPortFromWeb } from './executor-port.ts'
import { HISTORY_BUDGET_BYTES } from './limits.ts'
import { openStateStore } from './state-store.ts'

/** First message to the worker. */
export interface ExecutorWorkerOpen {
  readonly chainSpec: ChainSpec
  /** Name of the state's store; `undefined`: in memory, for proofs alone. */
  readonly storeName: string | undefined
  /** Bytes of `core.wasm`. */
  readonly wasm: Uint8Array
  /** How many blocks below the head stay readable. Default: the executor's, a tab's share. */
  readonly historyBlocks?: HistoryBlocks
}

/** Its answer; `failure` is `undefined` on success. */
export interface ExecutorWorkerReady {
  readonly failure: { readonly code: string; readonly message: string } | undefined
}

// `self` of a dedicated worker; the DOM library types it as a window's.
const scope = globalThis as unknown as MessagePort
const port = executorPortFromWeb(scope)

scope.addEventListener('message', (event: MessageEvent<ExecutorWorkerOpen>) => void open(event.data), { once: true })

async function open({ chainSpec, storeName, wasm, historyBlocks }: ExecutorWorkerOpen): Promise<void> {
  let stateStore: KeyValueStore | undefined
  try {
    stateStore = storeName === undefined ? createMemoryStore() : await openStateStore(storeName)
    const clock = { monotonicMs: () => performance.now() }
    const executor = createExecutor(
      { chainSpec, stateStore, wasm, historyBlocks, historyMaxBytes: HISTORY_BUDGET_BYTES },
      { clock },
    )
    serveExecutor(port, executor)
    port.post({ failure: undefined } satisfies ExecutorWorkerReady)
  } catch (error) {
    await stateStore?.close()
    const code = error instanceof CodedError ? error.code : 'EXECUTOR_FAILED'
    port.post({ failure: { code, message: String(error) } } satisfies ExecutorWorkerReady)
  }
}
