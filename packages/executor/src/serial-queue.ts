/**
 * One task at a time: the core is single-threaded, and no write may fall between two rounds of loading. Consensus
 * goes before reads, so that a burst of calls costs a block at most one call's time.
 */
import { CodedError } from '@cairn/primitives'
import { READS_QUEUED_MAX } from './limits.ts'

type TaskClass = 'consensus' | 'read'

export interface SerialQueue {
  /** @throws CodedError `EXECUTOR_BUSY` when too many reads wait, `EXECUTOR_STOPPED` after `stop` */
  run<T>(taskClass: TaskClass, task: () => Promise<T>): Promise<T>
  /** Refuses what waits and what comes; resolves when the running task has ended. */
  stop(): Promise<void>
}

interface Waiting {
  readonly start: () => Promise<void>
  readonly refuse: (error: CodedError) => void
}

export function createSerialQueue(): SerialQueue {
  const waiting: Readonly<Record<TaskClass, Waiting[]>> = { consensus: [], read: [] }
  let running: Promise<void> | undefined
  let stopped = false

  const drain = async (): Promise<void> => {
    for (;;) {
      const next = waiting.consensus.shift() ?? waiting.read.shift()
      if (next === undefined) break
      await next.start()
    }
    running = undefined
  }

  return {
    run: <T>(taskClass: TaskClass, task: () => Promise<T>): Promise<T> => {
      if (stopped) return Promise.reject(stoppedError())
      if (taskClass === 'read' && waiting.read.length >= READS_QUEUED_MAX) {
        return Promise.reject(new CodedError('EXECUTOR_BUSY', `${READS_QUEUED_MAX} reads wait for the executor`))
      }
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      waiting[taskClass].push({ start: () => task().then(resolve, reject), refuse: reject })
      running ??= drain()
      return promise
    },
    stop: async () => {
      stopped = true
      for (const task of [...waiting.consensus.splice(0), ...waiting.read.splice(0)]) task.refuse(stoppedError())
      await running
    },
  }
}

function stoppedError(): CodedError {
  return new CodedError('EXECUTOR_STOPPED', 'the executor is stopped')
}
