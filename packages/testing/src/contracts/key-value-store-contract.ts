/** What every `KeyValueStore` must do; run by memory, LevelDB and, in Chromium, IndexedDB. */
import { compareBytes, hexFromBytes } from '@cairn/primitives'
import type { BatchOperation, KeyRange, KeyValueStore } from '@cairn/ports'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { expectBytes, expectBytesList, expectEqual, expectFailure } from './expectations.ts'

/** One medium; `open` opens the store on it again after a `close`. */
export interface KeyValueStoreFixture {
  open(): Promise<KeyValueStore>
  /** The opened stores are closed before. */
  cleanUp(): Promise<void>
}

/**
 * Registers the suite with Vitest, or with the page runner's stand-in for it.
 * @example
 * runKeyValueStoreContract('memory', async () => {
 *   const medium = createMemoryMedium()
 *   return { open: async () => createMemoryStore(medium), cleanUp: async () => {} }
 * })
 */
export function runKeyValueStoreContract(name: string, setup: () => Promise<KeyValueStoreFixture>): void {
  describe(`KeyValueStore contract: ${name}`, () => {
    let fixture: KeyValueStoreFixture
    let store: KeyValueStore
    beforeEach(async () => {
      fixture = await setup()
      store = await fixture.open()
    })
    afterEach(async () => {
      await store.close()
      await fixture.cleanUp()
    })
    const reopen = async (): Promise<KeyValueStore> => {
      await store.close()
      store = await fixture.open()
      return store
    }
    describePoints(() => store)
    describeRanges(() => store)
    describeLifecycle(() => store, reopen)
  })
}

function describePoints(store: () => KeyValueStore): void {
  it('reads what was put, and nothing else', async () => {
    await store().batch([put('01', 'aa'), put('0100', ''), put('ff00ff', '00')])
    expectBytes(await store().get(bytes('01')), bytes('aa'), 'value')
    expectBytes(await store().get(bytes('0100')), bytes(''), 'empty value')
    expectBytes(await store().get(bytes('ff00ff')), bytes('00'), 'binary key')
    expectBytes(await store().get(bytes('00')), undefined, 'absent key')
  })

  it('reads synchronously what it reads asynchronously, where it can', async () => {
    await store().batch([put('01', 'aa')])
    const { getSync } = store()
    if (getSync === undefined) return
    expectBytes(getSync(bytes('01')), bytes('aa'), 'value')
    expectBytes(getSync(bytes('02')), undefined, 'absent key')
  })

  it('reads many in the order asked, absent and repeated ones too', async () => {
    await store().batch([put('01', 'aa'), put('02', 'bb')])
    const keys = ['02', '03', '01', '02'].map(bytes)
    expectBytesList(await store().getMany(keys), [bytes('bb'), undefined, bytes('aa'), bytes('bb')], 'values')
    expectEqual((await store().getMany([])).length, 0, 'no keys')
  })

  it('applies the operations of a batch in their order', async () => {
    await store().batch([
      put('01', 'aa'),
      remove('01'),
      put('02', 'aa'),
      put('02', 'bb'),
      remove('03'),
      put('03', 'cc'),
    ])
    const values = await store().getMany(['01', '02', '03'].map(bytes))
    expectBytesList(values, [undefined, bytes('bb'), bytes('cc')], 'values')
    await store().batch([])
  })

  it('keeps its own copies, also of views into larger buffers', async () => {
    const buffer = bytes('0001aa02')
    const key = buffer.subarray(1, 2)
    const value = buffer.subarray(2, 3)
    await store().batch([{ type: 'put', key, value }])
    buffer.fill(0x77)
    const read = await store().get(bytes('01'))
    expectBytes(read, bytes('aa'), 'value')
    read?.fill(0x66)
    expectBytes(await store().get(bytes('01')), bytes('aa'), 'value read again')
  })

  it('agrees with a plain map over a seeded series of batches', async () => {
    const random = createRandom(7)
    const model = new Map<string, string>()
    for (let round = 0; round < 40; round++) {
      const operations = Array.from({ length: 8 }, () => randomOperation(random))
      for (const operation of operations) {
        if (operation.type === 'put') model.set(hexFromBytes(operation.key), hexFromBytes(operation.value))
        else model.delete(hexFromBytes(operation.key))
      }
      await store().batch(operations, { durable: round % 8 === 0 })
    }
    const found = await collect(store(), {})
    expectEqual(
      found.join(),
      [...model]
        .map((entry) => entry.join('='))
        .sort()
        .join(),
      'content',
    )
  })
}

function describeRanges(store: () => KeyValueStore): void {
  const sortedKeys = ['00', '0000', '01', '0100', '01ff', '02', '7f', '80', 'ff', 'ffff']
  const fill = (): Promise<void> => store().batch([...sortedKeys].reverse().map((key) => put(key, key)))
  const keysOf = async (range: KeyRange): Promise<string> =>
    (await collect(store(), range)).map((entry) => entry.slice(2, entry.indexOf('='))).join()

  it('iterates in byte order, a prefix before what it begins', async () => {
    await fill()
    expectEqual(await keysOf({}), sortedKeys.join(), 'all')
    expectEqual(await keysOf({ reverse: true }), [...sortedKeys].reverse().join(), 'all, reverse')
  })

  it('includes gte, excludes lt', async () => {
    await fill()
    expectEqual(await keysOf({ gte: bytes('01'), lt: bytes('02') }), '01,0100,01ff', 'one prefix')
    expectEqual(await keysOf({ gte: bytes('80') }), '80,ff,ffff', 'from')
    expectEqual(await keysOf({ lt: bytes('01') }), '00,0000', 'to')
    expectEqual(await keysOf({ gte: bytes('01'), lt: bytes('02'), reverse: true }), '01ff,0100,01', 'reverse')
    expectEqual(await keysOf({ gte: bytes('03'), lt: bytes('04') }), '', 'nothing between')
    expectEqual(await keysOf({ gte: bytes('04'), lt: bytes('03') }), '', 'bounds crossed')
    expectEqual(await keysOf({ gte: bytes('03'), lt: bytes('03') }), '', 'bounds equal')
  })

  it('stops at the limit, from the side it starts on', async () => {
    await fill()
    expectEqual(await keysOf({ limit: 2 }), '00,0000', 'first two')
    expectEqual(await keysOf({ limit: 2, reverse: true }), 'ffff,ff', 'last two')
    expectEqual(await keysOf({ gte: bytes('01'), lt: bytes('02'), limit: 1, reverse: true }), '01ff', 'last of prefix')
    expectEqual(await keysOf({ limit: 0 }), '', 'none')
  })

  it('iterates over more entries than any page, both ways, while others write', async () => {
    const keys = Array.from({ length: 1200 }, (_, index) => `05${index.toString(16).padStart(4, '0')}`)
    await store().batch(keys.map((key) => put(key, '01')))
    for (const reverse of [false, true]) {
      let count = 0
      let previous: Uint8Array | undefined
      for await (const [key] of store().entries({ gte: bytes('05'), lt: bytes('06'), reverse })) {
        if (previous !== undefined) expectEqual(compareBytes(previous, key) < 0, !reverse, 'strict order')
        previous = key
        if (count++ % 400 === 0) await store().batch([put('07', '01'), put('04', '01')])
      }
      expectEqual(count, 1200, 'entries')
    }
  })

  it('may be left in the middle', async () => {
    await fill()
    for await (const [key] of store().entries({})) {
      expectBytes(key, bytes('00'), 'first key')
      break
    }
    await store().batch([put('01', 'aa')])
  })
}

function describeLifecycle(store: () => KeyValueStore, reopen: () => Promise<KeyValueStore>): void {
  it('holds after reopening what was written before, durable or not', async () => {
    await store().batch([put('01', 'aa'), put('02', 'bb')], { durable: true })
    await store().batch([remove('02'), put('03', 'cc')])
    const reopened = await reopen()
    const values = await reopened.getMany(['01', '02', '03'].map(bytes))
    expectBytesList(values, [bytes('aa'), undefined, bytes('cc')], 'values')
  })

  it('takes batches and reads at the same time', async () => {
    const keys = Array.from({ length: 32 }, (_, index) => `09${index.toString(16).padStart(2, '0')}`)
    const writes = keys.map((key) => store().batch([put(key, key)], { durable: true }))
    await Promise.all([...writes, ...keys.map((key) => store().get(bytes(key)))])
    expectBytesList(await store().getMany(keys.map(bytes)), keys.map(bytes), 'values')
  })

  it('refuses everything after close, and closes twice', async () => {
    const closed = store()
    await closed.close()
    await closed.close()
    await expectFailure(() => closed.get(bytes('01')), 'STORE_CLOSED')
    await expectFailure(() => closed.getMany([bytes('01')]), 'STORE_CLOSED')
    await expectFailure(() => closed.batch([put('01', 'aa')]), 'STORE_CLOSED')
    await expectFailure(() => collect(closed, {}), 'STORE_CLOSED')
    const { getSync } = closed
    if (getSync !== undefined) await expectFailure(() => getSync(bytes('01')), 'STORE_CLOSED')
  })
}

function put(key: string, value: string): BatchOperation {
  return { type: 'put', key: bytes(key), value: bytes(value) }
}

function remove(key: string): BatchOperation {
  return { type: 'delete', key: bytes(key) }
}

function bytes(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** `0xkey=0xvalue` of each entry, in the order of iteration. */
async function collect(store: KeyValueStore, range: KeyRange): Promise<string[]> {
  const found: string[] = []
  for await (const [key, value] of store.entries(range)) found.push(`${hexFromBytes(key)}=${hexFromBytes(value)}`)
  return found
}

function randomOperation(random: () => number): BatchOperation {
  const key = Uint8Array.of(random() & 0xff, random() & 0x0f)
  if (random() % 3 === 0) return { type: 'delete', key }
  return { type: 'put', key, value: Uint8Array.from({ length: random() % 40 }, () => random() & 0xff) }
}

/** xorshift32; unsigned. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
