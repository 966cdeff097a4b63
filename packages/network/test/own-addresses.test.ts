import { expect, test } from 'vitest'
import { OWN_ADDRESSES_MAX_AGE_MS } from '../src/limits.ts'
import { createOwnAddresses } from '../src/own-addresses.ts'
import { createFakeTime } from './fake-time.ts'

const OWN = '12D3KooWGRYZDHBembyGJQqQ6WgLqJWYNjnECJwGBnCg8vbCeo8F'
const [FIRST, SECOND] = ['9001', '9002'].map((port) => `/ip4/127.0.0.1/tcp/${port}/ws/p2p/${OWN}`) as [string, string]

function world() {
  const time = createFakeTime()
  const listeners = new Map<string, () => void>()
  const state = { addresses: [FIRST], questions: 0 }
  const libp2p = {
    peerId: { toString: () => OWN },
    getMultiaddrs: () => {
      state.questions++
      return state.addresses
    },
    addEventListener: (type: string, listener: () => void) => void listeners.set(type, listener),
  }
  return { time, listeners, state, ownAddresses: createOwnAddresses(libp2p as never, time.clock) }
}

test('are asked of libp2p once, and again when it tells of a change', () => {
  const { listeners, state, ownAddresses } = world()
  for (const [at, event] of ['self:peer:update', 'transport:listening', 'transport:close'].entries()) {
    expect(ownAddresses()).toEqual(ownAddresses())
    expect(state.questions).toBe(at + 1)
    state.addresses = [at % 2 === 0 ? SECOND : FIRST]
    listeners.get(event)?.()
    expect(ownAddresses()).toEqual(state.addresses)
  }
})

test('are asked again after a while when nothing was told', async () => {
  const { time, state, ownAddresses } = world()
  expect(ownAddresses()).toEqual([FIRST])
  state.addresses = [SECOND]
  await time.advance(OWN_ADDRESSES_MAX_AGE_MS - 1)
  expect(ownAddresses()).toEqual([FIRST])
  await time.advance(1)
  expect(ownAddresses()).toEqual([SECOND])
})
