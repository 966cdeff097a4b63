/** Spawns the executor in a worker thread with its own LevelDB state store. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { createExecutorClient } from '@cairn/executor'
import type { GenesisExecutor } from '@cairn/executor'
import { CodedError } from '@cairn/primitives'
import { messagePortFromNode } from './executor-port.ts'
import type { ExecutorWorkerData, ExecutorWorkerReady } from './executor-worker.ts'

/**
 * Resolves when the state store is open; `start` reads or writes genesis. `stop` closes the store and ends the thread.
 * @throws CodedError `CORE_HASH_MISMATCH`, `EXECUTOR_FAILED` and the state store's: `DATA_DIRECTORY_IN_USE`, `STORE_CORRUPT`, …
 */
export async function spawnExecutor(options: ExecutorWorkerData): Promise<GenesisExecutor> {
  const worker = new Worker(new URL('./executor-worker.ts', import.meta.url), { workerData: options })
  const [{ open }] = (await once(worker, 'message')) as [ExecutorWorkerReady]
  if (open !== undefined) {
    await worker.terminate()
    throw new CodedError(open.code, open.message)
  }
  const client = createExecutorClient(messagePortFromNode(worker))
  worker.on('error', (cause) => client.fail(new CodedError('EXECUTOR_FAILED', 'the executor worker failed', { cause })))
  worker.on('exit', () => client.fail(new CodedError('EXECUTOR_STOPPED', 'the executor worker has ended')))
  return client
}
