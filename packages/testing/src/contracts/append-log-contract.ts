/** What every `AppendLog` must do; run by memory, the file log and, in Chromium, IndexedDB. Damage is tested per medium. */
import type { AppendLog } from '@cairn/ports'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { expectBytesList, expectEqual, expectFailure } from './expectations.ts'

/** One medium; `open` opens the log on it again after a `close`. */
export interface AppendLogFixture {
  open(): Promise<AppendLog>
  /** The opened logs are closed before. */
  cleanUp(): Promise<void>
}

/** Registers the suite with Vitest, or with the page runner's stand-in for it. */
export function runAppendLogContract(name: string, setup: () => Promise<AppendLogFixture>): void {
  describe(`AppendLog contract: ${name}`, () => {
    let fixture: AppendLogFixture
    let log: AppendLog
    beforeEach(async () => {
      fixture = await setup()
      log = await fixture.open()
    })
    afterEach(async () => {
      await log.close()
      await fixture.cleanUp()
    })
    const expectRecords = async (expected: readonly Uint8Array[]): Promise<void> => {
      expectBytesList(await log.read(), expected, 'records')
      await log.close()
      log = await fixture.open()
      expectBytesList(await log.read(), expected, 'records after reopening')
    }

    it('is empty at first', () => expectRecords([]))

    it('keeps records in the order of the calls, whether awaited or not', async () => {
      const records = Array.from({ length: 40 }, (_, index) => record(index, index * 3))
      await log.append(records[0] as Uint8Array)
      await Promise.all(records.slice(1).map((each) => log.append(each)))
      await expectRecords(records)
    })

    it('goes on where it ended before it was closed', async () => {
      await log.append(record(1, 5))
      await log.close()
      log = await fixture.open()
      await log.append(record(2, 5))
      await expectRecords([record(1, 5), record(2, 5)])
    })

    it('takes empty and largest records, and copies them', async () => {
      const largest = record(9, 64 * 1024)
      const buffer = largest.slice()
      const appended = [log.append(new Uint8Array(0)), log.append(buffer)]
      buffer.fill(0)
      await Promise.all(appended)
      await expectRecords([new Uint8Array(0), largest])
      await expectFailure(() => log.append(record(1, 64 * 1024 + 1)), 'AssertionError')
    })

    it('replaces everything, appends after it, and replaces by nothing', async () => {
      await Promise.all([log.append(record(1, 5)), log.append(record(2, 6))])
      await log.replace([record(3, 7), record(4, 8), record(5, 9)])
      await log.append(record(6, 1))
      await expectRecords([record(3, 7), record(4, 8), record(5, 9), record(6, 1)])
      await log.replace([])
      await expectRecords([])
      await log.append(record(7, 2))
      await expectRecords([record(7, 2)])
    })

    it('puts appends and a replacement in the order of the calls', async () => {
      const calls = [log.append(record(1, 4)), log.replace([record(2, 4)]), log.append(record(3, 4))]
      await Promise.all(calls)
      await expectRecords([record(2, 4), record(3, 4)])
    })

    it('refuses everything after close, and closes twice', async () => {
      await log.close()
      await log.close()
      await expectFailure(() => log.append(record(1, 1)), 'STORE_CLOSED')
      await expectFailure(() => log.read(), 'STORE_CLOSED')
      await expectFailure(() => log.replace([]), 'STORE_CLOSED')
    })

    it('finishes appends that were under way when it was closed', async () => {
      const appended = log.append(record(1, 3))
      await log.close()
      await appended
      log = await fixture.open()
      expectEqual((await log.read()).length, 1, 'records')
    })
  })
}

/** Content that depends on both arguments and has zeros in it. */
function record(seed: number, lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, index) => (index % 5 === 0 ? 0 : (seed * 31 + index * 7) & 0xff))
}
