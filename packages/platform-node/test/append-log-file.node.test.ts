import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AppendLog } from '@cairn/ports'
import { expectFailure, runAppendLogContract } from '@cairn/testing/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAppendLogFile } from '../src/append-log-file.ts'

runAppendLogContract('file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-wal-'))
  return {
    open: () => createAppendLogFile(join(directory, 'wal')),
    cleanUp: () => rm(directory, { recursive: true }),
  }
})

const records = [Uint8Array.of(1, 2, 3), Uint8Array.of(0), Uint8Array.of(7, 0, 0, 0)]
/** Where each record's frame ends: magic, then twelve bytes and the payload each. */
const ends = [8, 23, 36, 52]

describe('createAppendLogFile', () => {
  let directory: string
  let path: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cairn-wal-'))
    path = join(directory, 'wal')
  })
  afterEach(() => rm(directory, { recursive: true }))

  const withLog = async <T>(use: (log: AppendLog) => Promise<T>): Promise<T> => {
    const log = await createAppendLogFile(path)
    try {
      return await use(log)
    } finally {
      await log.close()
    }
  }
  const writtenBytes = async (): Promise<Buffer> => {
    await withLog(async (log) => {
      for (const record of records) await log.append(record)
    })
    return readFile(path)
  }

  it('cut at every byte, keeps the whole records, cuts the file and goes on', async () => {
    const bytes = await writtenBytes()
    expect(bytes.length).toBe(ends.at(-1))
    for (let cut = 8; cut <= bytes.length; cut++) {
      await writeFile(path, bytes.subarray(0, cut))
      const whole = ends.filter((end) => end <= cut).length - 1
      await withLog(async (log) => {
        expect(await log.read()).toEqual(records.slice(0, whole))
        expect((await stat(path)).size).toBe(ends[whole])
        await log.append(Uint8Array.of(9))
      })
      await withLog(async (log) => expect(await log.read()).toEqual([...records.slice(0, whole), Uint8Array.of(9)]))
    }
  })

  it('refuses a file cut inside its magic, which no crash can leave', async () => {
    const bytes = await writtenBytes()
    for (let cut = 0; cut < 8; cut++) {
      await writeFile(path, bytes.subarray(0, cut))
      await withLog((log) => expectFailure(() => log.read(), 'WAL_CORRUPT'))
    }
  })

  it('refuses to read or append with any byte flipped, leaves the file as it is, and can be replaced', async () => {
    const bytes = await writtenBytes()
    for (let index = 0; index < bytes.length; index++) {
      const damaged = Buffer.from(bytes)
      damaged[index] = (damaged[index] as number) ^ 0x40
      await writeFile(path, damaged)
      await withLog(async (log) => {
        await expectFailure(() => log.append(Uint8Array.of(1)), 'WAL_CORRUPT')
        await expectFailure(() => log.read(), 'WAL_CORRUPT')
        expect(await readFile(path)).toEqual(damaged)
      })
    }
    await withLog(async (log) => {
      await log.replace([Uint8Array.of(4)])
      await log.append(Uint8Array.of(5))
      expect(await log.read()).toEqual([Uint8Array.of(4), Uint8Array.of(5)])
    })
    // The damaged one is set aside, for whoever wants to know what happened.
    expect((await readdir(directory)).sort()).toEqual(['wal', 'wal.damaged'])
  })

  it('ignores a replacement that was not finished', async () => {
    await writtenBytes()
    await writeFile(`${path}.new`, 'half')
    await withLog(async (log) => {
      expect(await log.read()).toEqual(records)
      await log.replace([])
      expect(await log.read()).toEqual([])
    })
  })

  it('syncs once for appends that wait together', async () => {
    await withLog(async (log) => {
      const startedMs = performance.now()
      await log.append(Uint8Array.of(0))
      const oneMs = performance.now() - startedMs
      const groupStartedMs = performance.now()
      await Promise.all(Array.from({ length: 2_000 }, (_, index) => log.append(Uint8Array.of(index))))
      // 2 000 syncs one by one would take 2 000 times as long; the factor leaves room for a noisy machine.
      expect(performance.now() - groupStartedMs).toBeLessThan(Math.max(1_000, oneMs * 500))
      expect((await log.read()).length).toBe(2_001)
    })
  })

  it('is readable by its owner only', async () => {
    await writtenBytes()
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('has every acknowledged record after the process was killed in mid-write', async () => {
    for (let round = 0; round < 3; round++) {
      const before = await withLog((log) => log.read())
      const child = fork(join(import.meta.dirname, 'append-log-writer.ts'), [path])
      let acknowledged = 0
      child.on('message', () => {
        acknowledged += 1
        if (acknowledged >= 200 + 37 * round) child.kill('SIGKILL')
      })
      await once(child, 'exit')
      const found = (await withLog((log) => log.read())).slice(before.length)
      expect(acknowledged).toBeGreaterThanOrEqual(200)
      expect(found.length).toBeGreaterThanOrEqual(acknowledged)
      for (const [index, record] of found.entries()) {
        expect(record.length).toBe(100 + (index % 50))
        expect(record.every((byte) => byte === index % 256)).toBe(true)
      }
    }
  })
})
