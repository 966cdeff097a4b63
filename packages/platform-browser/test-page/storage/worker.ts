/** The access pattern of a tab's stores on one of two media; figures are medians, milliseconds. */
import type { BatchOperation, KeyValueStore } from '@cairn/ports'
import { createIndexedDbStore } from '../../src/indexeddb-store.ts'
import { openOpfsFiles } from '../../src/state-log/opfs-file.ts'
import { openStateLogStore } from '../../src/state-log/state-log-store.ts'

interface Question {
  readonly medium: 'indexeddb' | 'opfs'
  readonly rows: string
}

/** Of a state of accounts, slots and trie records; a key is a table's prefix and a hash. */
const KEY_BYTES = 33
const VALUE_BYTES = 90
/** What a block of some hundred transfers changes. */
const COMMIT_ROWS = 1_000
/** What an access list of such a block names. */
const PREFETCH_KEYS = 500
const SCAN_ROWS = 1_000
/** Block, receipts and index entries of the same block in the chain store. */
const APPEND_ROWS = 120
const APPEND_VALUE_BYTES = 300
const ROUNDS = 25

addEventListener('message', ({ data }: MessageEvent<Question>) => {
  measure(data).then(postMessage, (error: unknown) => postMessage({ error: String(error) }))
})

async function measure({ medium, rows: rowsText }: Question): Promise<Readonly<Record<string, number>>> {
  const rows = Number(rowsText)
  const open = (): Promise<KeyValueStore> => (medium === 'opfs' ? openLog() : createIndexedDbStore('bench'))
  let store = await open()
  const loadStartedMs = performance.now()
  for (let from = 0; from < rows; from += 5_000) {
    await store.batch(Array.from({ length: Math.min(5_000, rows - from) }, (_, row) => put(from + row, 0)))
  }
  const loadMs = performance.now() - loadStartedMs
  await store.close()
  const [opened, openMs] = await timed(open)
  store = opened
  const figures: Record<string, number> = { loadMs, openMs, firstReadMs: (await timed(() => store.get(keyOf(7))))[1] }
  const median = async (name: string, work: (round: number) => Promise<unknown>): Promise<void> => {
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) times.push((await timed(() => work(round)))[1])
    figures[name] = times.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN
  }
  const someKeys = (round: number): Uint8Array[] =>
    Array.from({ length: PREFETCH_KEYS }, (_, at) => keyOf((at * 7_919 + round * 104_729) % rows))
  await median('get', (round) => store.get(keyOf((round * 7_919) % rows)))
  await median('prefetch', (round) => store.getMany(someKeys(round)))
  await store.batch(Array.from({ length: SCAN_ROWS }, (_, row) => ownPut(row)))
  await median('scan', async () => {
    let count = 0
    for await (const [key] of store.entries({ gte: Uint8Array.of(0, 3), lt: Uint8Array.of(0, 4) })) count += key.length
    return count
  })
  await median('commit', (round) => store.batch(commitOf(rows, round)))
  await median('append', (round) => store.batch(appendOf(round), { durable: true }))
  await median('block', async (round) => {
    await store.batch(appendOf(ROUNDS + round), { durable: true })
    await store.getMany(someKeys(ROUNDS + round))
    await store.batch(commitOf(rows, ROUNDS + round))
  })
  await store.close()
  return figures
}

async function openLog(): Promise<KeyValueStore> {
  const files = await openOpfsFiles('bench')
  if (files === undefined) throw new Error('no private file system')
  return openStateLogStore(files)
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const startedMs = performance.now()
  const value = await work()
  return [value, performance.now() - startedMs]
}

/** Four fifths overwrite. */
function commitOf(rows: number, round: number): readonly BatchOperation[] {
  return Array.from({ length: COMMIT_ROWS }, (_, at) =>
    at % 5 === 0 ? put(rows + round * COMMIT_ROWS + at, round) : put((at * 7_919 + round * 31_337) % rows, round),
  )
}

function appendOf(round: number): readonly BatchOperation[] {
  return Array.from({ length: APPEND_ROWS }, (_, at) => ({
    type: 'put',
    key: keyOf(1e9 + round * APPEND_ROWS + at),
    value: new Uint8Array(APPEND_VALUE_BYTES).fill(round),
  }))
}

/** A record of the host, as its undo lists. */
function ownPut(row: number): BatchOperation {
  return { type: 'put', key: Uint8Array.of(0, 3, row >> 8, row & 255), value: new Uint8Array(VALUE_BYTES) }
}

function put(row: number, seed: number): BatchOperation {
  return { type: 'put', key: keyOf(row), value: new Uint8Array(VALUE_BYTES).fill(row + seed) }
}

/** Spread like hashes (splitmix), the same in each run. */
function keyOf(row: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES)
  key[0] = 4
  let state = row
  for (let at = 1; at < KEY_BYTES; at++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    key[at] = state >>> 24
  }
  new DataView(key.buffer).setUint32(KEY_BYTES - 4, row)
  return key
}
