import { expect, test } from 'vitest'
import { DHT_INTERVAL_MS, EXCHANGE_INTERVAL_MS, MESH_DIALS_MAX } from '../src/limits.ts'
import { createMesh } from '../src/mesh.ts'
import { createPeerBook } from '../src/peer-book.ts'
import { createPeerDirectory, encodePeersResponse } from '../src/peer-exchange.ts'
import { createFakeTime } from './fake-time.ts'

const addressOf = (peer: string): string => `/ip4/1.2.3.4/tcp/1/ws/p2p/R/p2p-circuit/webrtc/p2p/${peer}`

/** A tab that is connected with the server R, which knows `others`. */
function setup(others: readonly string[], target = 2) {
  const time = createFakeTime()
  const random = { bytes: (lengthBytes: number) => new Uint8Array(lengthBytes) }
  const book = createPeerBook({ ownPeerId: 'A', transports: ['webrtc'] }, { ...time, random })
  const state = {
    answer: encodePeersResponse(others.map((peer) => ({ peer, addresses: [addressOf(peer)] }))),
    direct: new Set(['R']),
    relayed: new Set<string>(),
    dials: [] as string[],
    asked: [] as string[],
    reports: [] as string[],
    looks: 0,
    addresses: [addressOf('A')],
    /** What a dial ends with. */
    upgrade: (peer: string): 'direct' | 'relayed' | 'failed' => (peer === '' ? 'failed' : 'direct'),
  }
  const mesh = createMesh(
    { ownPeerId: 'A', target, isConfigured: (peer) => peer === 'R' },
    {
      ...time,
      random,
      book,
      directory: createPeerDirectory(),
      connectedPeers: () => [...state.direct, ...state.relayed],
      isDirect: (peer) => state.direct.has(peer),
      isRefused: (peer) => peer === 'BANNED',
      async dial(peer) {
        state.dials.push(peer)
        await Promise.resolve()
        const end = state.upgrade(peer)
        if (end === 'direct') state.direct.add(peer)
        if (end === 'relayed') state.relayed.add(peer)
      },
      ownAddresses: () => state.addresses,
      async request(peer) {
        state.asked.push(peer)
        return state.answer
      },
      report: (peer, _cost, code) => void state.reports.push(`${peer} ${code}`),
      async lookFurther() {
        state.looks += 1
      },
    },
  )
  return { time, state, mesh }
}

test('peers that a server knows are dialed until there are enough; banned ones and ourselves are not', async () => {
  const { time, state, mesh } = setup(['A', 'BANNED', 'B', 'C', 'D'])
  mesh.start()
  await time.advance(5_000)
  expect(state.dials.toSorted()).toEqual(['B', 'C'])
  state.direct.delete('B')
  await time.advance(10_000)
  expect(state.direct.size).toBe(3)
  mesh.stop()
  expect(time.pendingMs()).toEqual([])
})

test('a dial that leaves a relayed link only is tried again later and ever more rarely', async () => {
  const { time, state, mesh } = setup(['B'])
  state.upgrade = () => 'relayed'
  mesh.start()
  await time.advance(3_000)
  expect(state.dials).toEqual(['B'])
  await time.advance(60_000)
  const early = state.dials.length
  expect(early).toBeGreaterThan(2)
  await time.advance(60_000)
  expect(state.dials.length - early).toBeLessThan(early)
  state.upgrade = () => 'direct'
  mesh.wake()
  await time.advance(0)
  expect(state.direct.has('B')).toBe(true)
  mesh.stop()
})

test('few dials run at once, however many peers are known', async () => {
  const { time, state, mesh } = setup(
    Array.from({ length: 16 }, (_, index) => `P${index}`),
    16,
  )
  let underWay = 0
  let most = 0
  state.upgrade = () => {
    most = Math.max(most, (underWay += 1))
    time.timers.after(500, () => (underWay -= 1))
    return 'failed'
  }
  mesh.start()
  await time.advance(1_000)
  expect(most).toBeLessThanOrEqual(MESH_DIALS_MAX)
  mesh.stop()
})

test('everybody is asked now and then, and at once when our own addresses have changed', async () => {
  const { time, state, mesh } = setup([], 0)
  mesh.start()
  await time.advance(1_000)
  expect(state.asked).toEqual(['R'])
  state.addresses = [addressOf('A'), '/new']
  await time.advance(1_000)
  expect(state.asked).toEqual(['R', 'R'])
  await time.advance(EXCHANGE_INTERVAL_MS)
  expect(state.asked).toEqual(['R', 'R', 'R'])
  state.answer = new Uint8Array([0xc2, 0xc1, 0x80])
  await time.advance(EXCHANGE_INTERVAL_MS + 1_000)
  expect(state.reports).toHaveLength(1)
  mesh.stop()
})

test('beyond the own peers it is looked only while there are too few', async () => {
  const { time, state, mesh } = setup(['B', 'C'])
  state.upgrade = () => 'failed'
  mesh.start()
  await time.advance(DHT_INTERVAL_MS / 2)
  expect(state.looks).toBe(0)
  await time.advance(DHT_INTERVAL_MS)
  expect(state.looks).toBe(1)
  state.upgrade = () => 'direct'
  mesh.wake()
  await time.advance(10 * DHT_INTERVAL_MS)
  expect(state.looks).toBe(1)
  mesh.stop()
})

test('who names nobody new is asked ever more rarely, and soon again once it does', async () => {
  const { time, state, mesh } = setup(['B'])
  state.upgrade = () => 'failed'
  mesh.start()
  await time.advance(120_000)
  const rare = state.asked.length
  // 40 times at the shortest interval.
  expect(rare).toBeLessThan(12)
  state.answer = encodePeersResponse([{ peer: 'C', addresses: [addressOf('C')] }])
  await time.advance(EXCHANGE_INTERVAL_MS + 10_000)
  expect(state.asked.length - rare).toBeGreaterThanOrEqual(3)
  mesh.stop()
})
