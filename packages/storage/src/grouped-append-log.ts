/**
 * The part of an `AppendLog` that every medium shares: calls take turns in their order, appends that wait together go
 * to the medium as one group (group commit: one fsync for all), records are copied when handed in, and after a failed
 * append nothing is appended until the log is replaced or opened anew.
 */
import { CodedError, assert } from '@cairn/primitives'
import type { AppendLog } from '@cairn/ports'
import { walRecordMaxBytes } from './limits.ts'

/** What differs between media. Calls never overlap; errors are `CodedError`s. */
export interface LogMedium {
  /** All of them or an error; durable once resolved. @throws CodedError `WAL_CORRUPT` when the end is not known */
  append(records: readonly Uint8Array[]): Promise<void>
  read(): Promise<readonly Uint8Array[]>
  replace(records: readonly Uint8Array[]): Promise<void>
  close(): Promise<void>
}

type Task =
  | { readonly type: 'append'; readonly record: Uint8Array; readonly done: () => void; readonly failed: Failed }
  | { readonly type: 'other'; readonly run: () => Promise<void>; readonly failed: Failed }
type AppendTask = Task & { readonly type: 'append' }
type Failed = (error: unknown) => void

/** The log on `medium`, which it owns: `close` closes it. */
export function createGroupedAppendLog(medium: LogMedium): AppendLog {
  const queue: Task[] = []
  let isWorking = false
  let closed = false
  let broken: CodedError | undefined

  const appendGroup = async (group: readonly AppendTask[]): Promise<void> => {
    try {
      if (broken !== undefined) throw broken
      await medium.append(group.map((task) => task.record))
    } catch (error) {
      const isDamage = error instanceof CodedError && error.code === 'WAL_CORRUPT'
      if (!isDamage) broken ??= new CodedError('STORE_FAILED', 'an earlier append to the log failed', { cause: error })
      for (const task of group) task.failed(error)
      return
    }
    for (const task of group) task.done()
  }
  const work = async (): Promise<void> => {
    // Calls made in the same turn join the first group.
    await Promise.resolve()
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
      if (task.type === 'other') await task.run().catch(task.failed)
      else {
        const group = [task]
        while (queue[0]?.type === 'append') group.push(queue.shift() as AppendTask)
        await appendGroup(group)
      }
    }
    isWorking = false
  }
  const enqueue = (task: Task): void => {
    queue.push(task)
    if (isWorking) return
    isWorking = true
    void work()
  }
  const inTurn = <T>(run: () => Promise<T>): Promise<T> =>
    new Promise((resolve, failed) => enqueue({ type: 'other', run: async () => resolve(await run()), failed }))
  const assertOpen = (): void => {
    if (closed) throw new CodedError('STORE_CLOSED', 'the log is closed')
  }

  return {
    append: async (record) => {
      assertOpen()
      assert(record.length <= walRecordMaxBytes, 'a log record is at most 64 KiB')
      const copy = new Uint8Array(record)
      await new Promise<void>((done, failed) => enqueue({ type: 'append', record: copy, done, failed }))
    },
    read: async () => {
      assertOpen()
      return inTurn(() => medium.read())
    },
    replace: async (records) => {
      assertOpen()
      for (const record of records) assert(record.length <= walRecordMaxBytes, 'a log record is at most 64 KiB')
      const copies = records.map((record) => new Uint8Array(record))
      await inTurn(async () => {
        await medium.replace(copies)
        broken = undefined
      })
    },
    close: async () => {
      if (closed) return
      closed = true
      await inTurn(() => medium.close())
    },
  }
}
