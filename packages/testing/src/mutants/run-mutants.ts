/** Runs mutants, each in a worker of its own, as many at once as there are cores. */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { MutantOutcome, MutantTask } from './mutant-worker.ts'

/** `onOutcome` is called as they end. Rejects with `MUTANT_STALE` when a patch does not fit its source any more. */
export async function runMutants(
  names: readonly string[],
  seedsMax: number,
  onOutcome: (outcome: MutantOutcome) => void,
): Promise<void> {
  const waiting = [...names]
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const task: MutantTask = { name, seedsMax }
      const worker = new Worker(new URL('./mutant-worker.ts', import.meta.url), { workerData: task })
      try {
        const [outcome] = (await once(worker, 'message')) as [MutantOutcome]
        onOutcome(outcome)
      } finally {
        await worker.terminate()
      }
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
}
