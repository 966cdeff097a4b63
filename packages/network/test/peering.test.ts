import { expect, test } from 'vitest'
import { GOODBYE_FORGIVEN_AFTER_MS, UNREACHABLE_AFTER_DIALS } from '../src/limits.ts'
import { createPeering } from '../src/peering.ts'
import { createFakeTime } from './fake-time.ts'

function setup(ownPeerId: string, peers: readonly string[], peersMax?: number) {
  const time = createFakeTime()
  const dials: string[] = []
  const connected = new Set<string>()
  const state = { connected: false, refused: false, succeed: false }
  const peering = createPeering(
    { peers, peersMax },
    {
      ...time,
      ownPeerId,
      // The middle of the range: no jitter.
      random: { bytes: (lengthBytes) => new Uint8Array(lengthBytes).fill(128) },
      isConnected: (peer) => state.connected || connected.has(peer),
      isRefused: () => state.refused,
      async dial(_peer, addresses) {
        dials.push(addresses.join())
        state.connected = state.succeed
      },
      failures: () => [],
      onChanged: () => {},
    },
  )
  const connect = (peer: string): void => {
    connected.add(peer)
    peering.onConnected(peer)
  }
  const disconnect = (peer: string): void => {
    connected.delete(peer)
    peering.onDisconnected(peer)
  }
  const stateOf = (peer: string) => peering.links().find(({ peerId }) => peerId === peer)?.state
  return { time, dials, state, peering, connect, disconnect, stateOf }
}

test('a peer is tried by all of its addresses, with growing pauses, until one answers', async () => {
  const { time, dials, state, peering } = setup('A', ['/x/1/p2p/B', '/x/2/p2p/B'])
  peering.start()
  await time.advance(0)
  expect(dials).toEqual(['/x/1/p2p/B,/x/2/p2p/B'])
  expect(time.pendingMs()).toEqual([250])
  await time.advance(250)
  expect(time.pendingMs()).toEqual([400])
  state.succeed = true
  await time.advance(400)
  expect(dials).toHaveLength(3)
  expect(time.pendingMs()).toEqual([])
})

test('the larger peer id yields, and does not dial when the other came first', async () => {
  const { time, dials, state, peering } = setup('Z', ['/x/1/p2p/B'])
  peering.start()
  expect(time.pendingMs()).toEqual([400])
  state.connected = true
  await time.advance(400)
  expect(dials).toEqual([])
})

test('a connection that lived resets the pause, one closed at once does not; a refused peer is not dialed', async () => {
  const { time, dials, state, peering } = setup('A', ['/x/1/p2p/B'])
  peering.start()
  await time.advance(2_000)
  state.succeed = true
  await time.advance(4_000)
  peering.onConnected('B')
  const grown = dials.length
  expect(grown).toBeGreaterThan(3)
  state.connected = false
  peering.onDisconnected('B')
  expect(time.pendingMs()[0]).toBeGreaterThan(1_000)
  await time.advance(4_000)
  peering.onConnected('B')
  await time.advance(6_000)
  state.connected = false
  state.refused = true
  peering.onDisconnected('B')
  expect(time.pendingMs()).toEqual([250])
  const before = dials.length
  await time.advance(10_000)
  expect(dials.length).toBe(before)
  peering.stop()
  expect(time.pendingMs()).toEqual([])
})

const FULL = { code: 'LIMIT_REACHED', waitMs: 60_000 } as const
const SERVERS = ['/x/1/p2p/B', '/x/2/p2p/C', '/x/3/p2p/D']

test('who has said goodbye is left alone for longer each time, until a connection lasts', async () => {
  const { time, dials, peering, connect, disconnect } = setup('A', ['/x/1/p2p/B'])
  peering.start()
  await time.advance(0)
  const waits: number[] = []
  for (let times = 0; times < 8; times++) {
    connect('B')
    await time.advance(10_000)
    peering.onGoodbye('B', FULL)
    disconnect('B')
    expect(peering.links()[0]).toMatchObject({ state: 'away', goodbye: 'LIMIT_REACHED' })
    const before = dials.length
    const sinceMs = time.clock.monotonicMs()
    while (dials.length === before) await time.advance(1_000)
    waits.push(Math.round((time.clock.monotonicMs() - sinceMs) / 1_000))
  }
  // Never sooner than it asks for; with half of the jitter on top, from the random bytes of this test.
  expect(waits).toEqual([69, 69, 69, 92, 184, 368, 690, 690])
  connect('B')
  await time.advance(GOODBYE_FORGIVEN_AFTER_MS)
  disconnect('B')
  expect(peering.links()[0]).toMatchObject({ goodbye: undefined })
  peering.stop()
})

test('a goodbye goes elsewhere: the next server that stands by is dialed, and the first comes back when there is room', async () => {
  const { time, dials, peering, connect, disconnect, stateOf } = setup('A', SERVERS, 2)
  peering.start()
  await time.advance(0)
  expect(dials).toEqual(SERVERS.slice(0, 2))
  expect(stateOf('D')).toBe('spare')
  for (const peer of ['B', 'C']) connect(peer)
  await time.advance(10_000)
  peering.onGoodbye('B', FULL)
  disconnect('B')
  await time.advance(0)
  expect(dials.at(-1)).toBe(SERVERS[2])
  connect('D')
  const before = dials.length
  await time.advance(600_000)
  expect(dials).toHaveLength(before)
  expect(stateOf('B')).toBe('spare')
  // A place falls free: `D` goes for a reason of its own.
  peering.onGoodbye('D', { code: 'OTHER', waitMs: 0 })
  disconnect('D')
  await time.advance(0)
  expect(dials.at(-1)).toBe(SERVERS[0])
  peering.stop()
})

test('a server that cannot be reached makes room for one that stands by', async () => {
  const { time, dials, peering, connect, stateOf } = setup('A', SERVERS, 1)
  peering.start()
  await time.advance(3_000)
  expect(dials.slice(0, UNREACHABLE_AFTER_DIALS)).toEqual(
    Array.from({ length: UNREACHABLE_AFTER_DIALS }, () => SERVERS[0]),
  )
  expect(dials[UNREACHABLE_AFTER_DIALS]).toBe(SERVERS[1])
  expect(stateOf('B')).toBe('away')
  connect('C')
  peering.stop()
})

test('a wake-up does not overrule a goodbye, a knock does', async () => {
  const { time, dials, peering, connect, disconnect } = setup('A', ['/x/1/p2p/B'])
  peering.start()
  await time.advance(0)
  connect('B')
  peering.onGoodbye('B', FULL)
  disconnect('B')
  const before = dials.length
  peering.wake()
  await time.advance(5_000)
  expect(dials).toHaveLength(before)
  peering.knock()
  await time.advance(0)
  expect(dials).toHaveLength(before + 1)
  peering.stop()
})
