import type { Log } from '@cairn/ports'
import { expect, test } from 'vitest'
import { ANCHOR_AFTER_MS, PEER_MEMORY_INTERVAL_MS, PENALTY, SCORE_HALF_LIFE_MS } from '../src/limits.ts'
import { createPeerKeeper } from '../src/peer-keeper.ts'
import { decodePeerRecord, encodePeerRecord } from '../src/peer-memory.ts'
import type { PeerMemory } from '../src/peer-memory.ts'
import { createScoreBook } from '../src/score-book.ts'
import { createFakeTime } from './fake-time.ts'

const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }
const addressOf = (peer: string): string => `/ip4/1.2.3.4/tcp/1/ws/p2p/${peer}`

function createMemory(): PeerMemory & { record: Uint8Array | undefined; saves: number } {
  const memory = {
    record: undefined as Uint8Array | undefined,
    saves: 0,
    load: async () => memory.record,
    save: async (record: Uint8Array) => {
      memory.record = record
      memory.saves += 1
    },
  }
  return memory
}

/** One life of a node. */
function setup(memory: PeerMemory, time = createFakeTime()) {
  const book = createScoreBook(time)
  return {
    time,
    book,
    keeper: createPeerKeeper({ ...time, log, memory, book, addressesOf: (peer) => [addressOf(peer)] }),
  }
}

test('peers that were good and bans are there after a restart; short visits and liars are no anchors', async () => {
  const memory = createMemory()
  const first = setup(memory)
  first.keeper.start()
  for (const peer of ['GOOD', 'LIAR']) first.keeper.onConnected(peer)
  for (let times = 0; times < 6; times++) first.book.report('LIAR', PENALTY.RESPONSE_INVALID)
  expect(first.book.isRefused('LIAR')).toBe(true)
  await first.time.advance(ANCHOR_AFTER_MS)
  first.keeper.onConnected('SHORT')
  await first.keeper.stop()

  const second = setup(memory, first.time)
  expect(await second.keeper.load()).toEqual([{ peer: 'GOOD', addresses: [addressOf('GOOD')] }])
  expect(second.book.isRefused('LIAR')).toBe(true)
  expect(second.book.isRefused('GOOD')).toBe(false)
  await second.time.advance(2 * SCORE_HALF_LIFE_MS)
  expect(second.book.isRefused('LIAR')).toBe(false)
})

test('an old ban has decayed meanwhile; a clock that went back does not lengthen it', () => {
  const { book } = setup(createMemory())
  const scores = [{ peer: 'OLD', score: -60, banned: true }]
  book.restore(scores, 2 * SCORE_HALF_LIFE_MS)
  expect(book.isRefused('OLD')).toBe(false)
  book.restore(scores, -1e12)
  expect(book.score('OLD')).toBe(-60)
})

test('what has not changed is not written again', async () => {
  const memory = createMemory()
  const { time, keeper } = setup(memory)
  keeper.start()
  keeper.onConnected('GOOD')
  await time.advance(3 * PEER_MEMORY_INTERVAL_MS)
  expect(memory.saves).toBe(2)
  await keeper.stop()
  expect(memory.saves).toBe(2)
})

test('a damaged record is no record', async () => {
  const good = encodePeerRecord({ savedAtMs: 5, anchors: [], scores: [{ peer: 'P', score: -7, banned: false }] })
  expect(decodePeerRecord(good)).toMatchObject({ ok: true, value: { scores: [{ peer: 'P', score: -7 }] } })
  const memory = createMemory()
  for (const bytes of [good.subarray(1), new Uint8Array(0), new Uint8Array(300_000), new Uint8Array([0xc0])]) {
    memory.record = bytes
    expect(await setup(memory).keeper.load()).toEqual([])
  }
})
