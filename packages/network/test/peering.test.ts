import type { Log } from '@cairn/ports'
import { expect, test } from 'vitest'
import { createPeering } from '../src/peering.ts'
import { createFakeTime } from './fake-time.ts'

const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }

function setup(ownPeerId: string, peers: readonly string[]) {
  const time = createFakeTime()
  const dials: string[] = []
  const state = { connected: false, refused: false, succeed: false }
  const peering = createPeering(
    { peers },
    {
      ...time,
      log,
      ownPeerId,
      // The middle of the range: no jitter.
      random: { bytes: (lengthBytes) => new Uint8Array(lengthBytes).fill(128) },
      isConnected: () => state.connected,
      isRefused: () => state.refused,
      dial(address) {
        dials.push(address)
        if (!state.succeed) return Promise.reject(new Error('no answer'))
        state.connected = true
        return Promise.resolve()
      },
    },
  )
  return { time, dials, state, peering }
}

test('addresses are tried in turn with growing pauses until one answers', async () => {
  const { time, dials, state, peering } = setup('A', ['/x/1/p2p/B', '/x/2/p2p/B'])
  peering.start()
  await time.advance(0)
  expect(dials).toEqual(['/x/1/p2p/B'])
  expect(time.pendingMs()).toEqual([250])
  await time.advance(250)
  expect(time.pendingMs()).toEqual([400])
  state.succeed = true
  await time.advance(400)
  expect(dials).toEqual(['/x/1/p2p/B', '/x/2/p2p/B', '/x/1/p2p/B'])
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
