/** Spawns the executor in a Web Worker with its own IndexedDB state store. Callable from a page or from a worker. */
import { createExecutorClient } from '@cairn/executor'
import type { GenesisExecutor } from '@cairn/executor'
import { CodedError } from '@cairn/primitives'
import { executorPortFromWeb } from './executor-port.ts'
import type { ExecutorWorkerOpen, ExecutorWorkerReady } from './executor-worker.ts'

/** Loads the worker's code; it waits for `spawnBrowserExecutor`. */
export function startExecutorWorker(): Worker {
  return new Worker(new URL('./executor-worker.ts', import.meta.url), { type: 'module', name: 'cairn-executor' })
}

/**
 * Resolves when the state store is open; `start` reads or writes genesis. `stop` closes the store and ends the worker.
 * @throws CodedError `CORE_HASH_MISMATCH`, `STORE_FAILED`, `STORE_FULL`, `EXECUTOR_FAILED`
 */
export async function spawnBrowserExecutor(options: ExecutorWorkerOpen, worker: Worker): Promise<GenesisExecutor> {
  const ready = Promise.withResolvers<ExecutorWorkerReady>()
  worker.addEventListener('message', (event: MessageEvent<ExecutorWorkerReady>) => ready.resolve(event.data), {
    once: true,
  })
  worker.addEventListener('error', (event) => ready.reject(workerFailed(event.message)), { once: true })
  const port = executorPortFromWeb(worker)
  port.post(options)
  try {
    const { failure } = await ready.promise
    if (failure !== undefined) throw new CodedError(failure.code, failure.message)
  } catch (error) {
    worker.terminate()
    throw error
  }
  const client = createExecutorClient(port)
  worker.addEventListener('error', (event) => client.fail(workerFailed(event.message)))
  return client
}

function workerFailed(message: string): CodedError {
  return new CodedError('EXECUTOR_FAILED', `the executor worker failed: ${message}`)
}
