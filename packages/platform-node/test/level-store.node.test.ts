import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hash } from '@cairn/primitives'
import { openChainStore } from '@cairn/storage'
import {
  createSampleChain,
  expectFailure,
  runKeyValueStoreContract,
  verifySampleFinalization,
} from '@cairn/testing/contracts'
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
    for (; ; found++) {
      const values = await store.getMany([Uint8Array.of(1, found >> 8, found), Uint8Array.of(2, found >> 8, found)])
      expect(values[0] === undefined).toBe(values[1] === undefined)
      if (values[0] === undefined) break
    }
    await store.close()
    expect(acknowledged).toBeGreaterThanOrEqual(60)
    expect(found).toBeGreaterThan(acknowledged)
  })

  it('holds a whole chain store after its process was killed, twice', async () => {
    const chain = createSampleChain({ length: 150 })
    const options = { genesis: chain.genesis, verifyFinalization: verifySampleFinalization }
    for (const killAt of [1, 40]) {
      const child = fork(join(import.meta.dirname, 'chain-store-writer.ts'), [directory, '150'])
      let acknowledged = 0
      child.on('message', (height: number) => {
        acknowledged = height
        if (height >= killAt) child.kill('SIGKILL')
      })
      await once(child, 'exit')
      const store = await createLevelStore(directory)
      const chainStore = await openChainStore(store, options)
      const head = chainStore.head()
      expect(acknowledged).toBeGreaterThanOrEqual(killAt)
      expect(head.height).toBeGreaterThanOrEqual(acknowledged)
      for (const { block, execution } of chain.blocks.slice(0, head.height + 1)) {
        const isStored = block.header.height <= head.height
        const found = await chainStore.blockByHeight(block.header.height)
        expect(found).toEqual(isStored ? block : undefined)
        const location = await chainStore.transactionLocation(execution.transactions[0]?.hash as Hash)
        expect(location?.height).toBe(isStored ? block.header.height : undefined)
      }
      await store.close()
    }
  }, 20_000)
})
