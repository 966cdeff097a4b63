import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expectFailure, runKeyValueStoreContract } from '@cairn/testing/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLevelStore } from '../src/level-store.ts'

runKeyValueStoreContract('LevelDB', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'cairn-level-'))
  return {
    open: () => createLevelStore(join(directory, 'store')),
    cleanUp: () => rm(directory, { recursive: true }),
  }
})

describe('createLevelStore', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cairn-level-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('refuses a directory that is open already', async () => {
    const store = await createLevelStore(directory)
    await expectFailure(() => createLevelStore(directory), 'DATA_DIRECTORY_IN_USE')
    await store.close()
    await (await createLevelStore(directory)).close()
  })

  it('refuses a damaged store', async () => {
    const store = await createLevelStore(directory)
    await store.batch([{ type: 'put', key: Uint8Array.of(1), value: Uint8Array.of(1) }], { durable: true })
    await store.close()
    await writeFile(join(directory, 'CURRENT'), 'MANIFEST-000099\n')
    await expectFailure(() => createLevelStore(directory), 'STORE_FAILED')
    await truncate(join(directory, 'CURRENT'))
    await expectFailure(() => createLevelStore(directory), 'STORE_CORRUPT')
  })

  it('has every durable batch, whole, after the process was killed', async () => {
    const child = fork(join(import.meta.dirname, 'level-writer.ts'), [directory])
    let acknowledged = -1
    child.on('message', (index: number) => {
      acknowledged = index
      if (index >= 60) child.kill('SIGKILL')
    })
    await once(child, 'exit')
    const store = await createLevelStore(directory)
    let found = 0
    for (;; found++) {
      const values = await store.getMany([Uint8Array.of(1, found >> 8, found), Uint8Array.of(2, found >> 8, found)])
      expect(values[0] === undefined).toBe(values[1] === undefined)
      if (values[0] === undefined) break
    }
    await store.close()
    expect(acknowledged).toBeGreaterThanOrEqual(60)
    expect(found).toBeGreaterThan(acknowledged)
  })
})
