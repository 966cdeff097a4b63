/** Runs inside Chromium; `indexeddb.node.test.ts` bundles, opens and reports it. */
import { hexFromBytes } from '@cairn/primitives'
import { openChainStore } from '@cairn/storage'
import {
  createSampleChain,
  expectEqual,
  expectFailure,
  runAppendLogContract,
  runKeyValueStoreContract,
  verifySampleFinalization,
} from '@cairn/testing/contracts'
import { deleteDB, openDB } from 'idb'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { createIndexedDbAppendLog } from '../src/append-log-indexeddb.ts'
import { createIndexedDbStore } from '../src/indexeddb-store.ts'

declare global {
  /** The driver's: counts records that are durable. */
  function acknowledge(count: number): Promise<void>
}

let databaseCount = 0

runKeyValueStoreContract('IndexedDB', async () => {
  const name = `store-${databaseCount++}`
  return { open: () => createIndexedDbStore(name), cleanUp: () => deleteDB(name) }
})

runAppendLogContract('IndexedDB', async () => {
  const name = `log-${databaseCount++}`
  return { open: () => createIndexedDbAppendLog(name), cleanUp: () => deleteDB(name) }
})

describe('createIndexedDbStore', () => {
  const name = 'store'
  afterEach(() => deleteDB(name))

  it('gives way to a tab that deletes the database', async () => {
    const store = await createIndexedDbStore(name)
    await deleteDB(name)
    await expectFailure(() => store.get(Uint8Array.of(1)), 'STORE_CLOSED')
  })

  it('carries a chain store', async () => {
    const chain = createSampleChain({ length: 6 })
    const options = { genesis: chain.genesis, verifyFinalization: verifySampleFinalization }
    const store = await createIndexedDbStore(name)
    const chainStore = await openChainStore(store, options)
    for (const { block, certificate, execution } of chain.blocks) {
      await chainStore.appendFinalized(block, certificate, execution)
    }
    await store.close()
    const reopened = await createIndexedDbStore(name)
    expectEqual((await openChainStore(reopened, options)).head().height, 6, 'head')
    await reopened.close()
  })
})

describe('createIndexedDbAppendLog', () => {
  const name = 'log'
  const records = [Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(0)]
  beforeEach(async () => {
    const log = await createIndexedDbAppendLog(name)
    await log.replace(records)
    await log.close()
  })
  afterEach(() => deleteDB(name))

  const damage = async (change: (frames: Uint8Array[]) => void): Promise<void> => {
    const database = await openDB(name)
    const frames: Uint8Array[] = await database.getAll('records')
    change(frames)
    await database.clear('records')
    for (const [index, frame] of frames.entries()) if (frame.length > 0) await database.put('records', frame, index)
    database.close()
  }
  const expectCorrupt = async (what: string): Promise<void> => {
    const log = await createIndexedDbAppendLog(name)
    await expectFailure(() => log.append(Uint8Array.of(1)), 'WAL_CORRUPT').catch((error: Error) => {
      throw new Error(`${what}: ${error.message}`)
    })
    await expectFailure(() => log.read(), 'WAL_CORRUPT')
    await log.replace(records)
    await log.append(Uint8Array.of(9))
    expectEqual((await log.read()).length, 4, 'records after replacing')
    await log.replace(records)
    await log.close()
  }

  it('refuses any flipped byte, a missing, shortened, moved or repeated record', async () => {
    for (let index = 0; index < 3; index++) {
      for (let at = 0; at < 12 + (records[index] as Uint8Array).length; at++) {
        await damage((frames) => {
          const frame = frames[index] as Uint8Array
          frame[at] = (frame[at] as number) ^ 0x10
        })
        await expectCorrupt(`record ${index}, byte ${at}`)
      }
    }
    await damage((frames) => frames.splice(1, 1, new Uint8Array(0)))
    await expectCorrupt('missing')
    await damage((frames) => frames.splice(2, 1, (frames[2] as Uint8Array).slice(0, -1)))
    await expectCorrupt('shortened')
    await damage((frames) => frames.splice(0, 2, frames[1] as Uint8Array, frames[0] as Uint8Array))
    await expectCorrupt('moved')
    await damage((frames) => frames.push(frames[2] as Uint8Array))
    await expectCorrupt('repeated')
  })

  it('refuses a second writer, rather than mixing their records', async () => {
    const first = await createIndexedDbAppendLog(name)
    const second = await createIndexedDbAppendLog(name)
    expectEqual((await first.read()).length, 3, 'records')
    expectEqual((await second.read()).length, 3, 'records')
    await first.append(Uint8Array.of(4))
    await expectFailure(() => second.append(Uint8Array.of(5)), 'STORE_FAILED')
    expectEqual((await first.read()).map(hexFromBytes).at(-1), '0x04', 'last record')
    await first.close()
    await second.close()
  })
})

/** For the driver's tests of the quota, which it lowers to 1 MB before, and of power failure. */
Object.assign(globalThis, {
  writeBeyondQuota: async () => {
    const store = await createIndexedDbStore('full')
    const log = await createIndexedDbAppendLog('full-log')
    const operation = (key: number, sizeBytes: number) => ({
      type: 'put' as const,
      key: Uint8Array.of(key),
      value: incompressible(sizeBytes),
    })
    await store.batch([operation(1, 10)], { durable: true })
    await expectFailure(() => store.batch([operation(1, 1), operation(2, 8_000_000)], { durable: true }), 'STORE_FULL')
    const records = Array.from({ length: 100 }, () => incompressible(64 * 1024))
    await expectFailure(() => Promise.all(records.map((record) => log.append(record))), 'STORE_FULL')
    await store.batch([operation(3, 100)], { durable: true })
    await expectFailure(() => log.append(new Uint8Array(1)), 'STORE_FAILED')
    await log.replace([new Uint8Array(1)])
    await log.append(new Uint8Array(1))
    const values = await store.getMany([1, 2, 3].map((key) => Uint8Array.of(key)))
    return [...values.map((value) => value?.length), (await log.read()).length]
  },
  appendForever: async () => {
    const log = await createIndexedDbAppendLog('power')
    for (let count = 1; ; count++) {
      await log.append(new Uint8Array(200).fill(count))
      await acknowledge(count)
    }
  },
  readBack: async () => {
    const log = await createIndexedDbAppendLog('power')
    const found = await log.read()
    return found.map((record) => record[0])
  },
})

/** The browser compresses before it counts. */
function incompressible(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  for (let at = 0; at < sizeBytes; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}
