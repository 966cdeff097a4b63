/** How long this tab took for what it shows: measured around the executor and the signature scheme that everything else uses. */
import type { Bls } from '@cairn/crypto'
import type { Clock, Executor } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { TIMINGS_KEPT_MAX } from './limits.ts'

export interface ExecutionTimings {
  /** The same executor, with `execute` measured. */
  readonly executor: Executor
  /** Milliseconds; `undefined` for a block that was not executed here since the page was opened. */
  takeExecuteMs(blockHash: Hash): number | undefined
}

export function measureExecution(executor: Executor, clock: Clock): ExecutionTimings {
  const executeMs = new Map<Hash, number>()
  return {
    executor: {
      ...executor,
      execute: async (request) => {
        const startMs = clock.monotonicMs()
        const verdict = await executor.execute(request)
        if (executeMs.size >= TIMINGS_KEPT_MAX) executeMs.clear()
        executeMs.set(request.blockHash, clock.monotonicMs() - startMs)
        return verdict
      },
    },
    takeExecuteMs: (blockHash) => {
      const taken = executeMs.get(blockHash)
      executeMs.delete(blockHash)
      return taken
    },
  }
}

export interface BlsTimings {
  /** The same scheme, with `verifyAggregate` of its key sets measured. */
  readonly bls: Bls
  /** Milliseconds of the latest certificate's verification. */
  verifyMs(): number | undefined
}

export function measureBls(bls: Bls, clock: Clock): BlsTimings {
  let verifyMs: number | undefined
  return {
    bls: {
      ...bls,
      keySet: (publicKeys) => {
        const keys = bls.keySet(publicKeys)
        return {
          ...keys,
          verifyAggregate: (indices, message, signature) => {
            const startMs = clock.monotonicMs()
            const isGood = keys.verifyAggregate(indices, message, signature)
            verifyMs = clock.monotonicMs() - startMs
            return isGood
          },
        }
      },
    },
    verifyMs: () => verifyMs,
  }
}
