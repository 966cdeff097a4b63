import type { Log } from '@cairn/ports'
import { expect, test } from 'vitest'
import { createConnectionWatch } from '../src/connection-watch.ts'
import type { PubsubView } from '../src/libp2p-view.ts'
import { DUPLICATE_GRACE_MS, GOSSIP_MISSING_MAX_MS, RACE_GRACE_MS, RELAYED_GRACE_MS } from '../src/limits.ts'
import { fakeConnection, fakeGossipStream } from './fake-connections.ts'
import type { FakeConnection } from './fake-connections.ts'
import { createFakeTime } from './fake-time.ts'

const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }

const RELAYED = '/ip4/1.2.3.4/tcp/1/ws/p2p/R/p2p-circuit'

function setup(ownPeerId = 'M') {
  const time = createFakeTime()
  const connections: FakeConnection[] = []
  const reopened: string[] = []
  const pubsub = {
    streamsOutbound: new Map<string, ReturnType<typeof fakeGossipStream>>(),
    streamsInbound: new Map<string, ReturnType<typeof fakeGossipStream>>(),
    onPeerConnected: (_peer: unknown, connection: FakeConnection) => void reopened.push(connection.id),
  }
  let gossipChanges = 0
  const watch = createConnectionWatch({
    ...time,
    log,
    ownPeerId,
    pubsub: pubsub as unknown as PubsubView,
    connections: () => connections,
    onGossipChanged: () => void (gossipChanges += 1),
    admit: (connection) => (connection.remotePeer.toString() === 'X' ? 'LIMIT_REACHED' : undefined),
    sayGoodbye: () => undefined,
  })
  watch.start()
  const open = (connection: FakeConnection): FakeConnection => {
    watch.onOpened(connection)
    connections.push(connection)
    return connection
  }
  const statuses = (): string[] => connections.map((connection) => connection.status)
  return { time, connections, reopened, pubsub, watch, open, statuses, gossipChanges: () => gossipChanges }
}

test('says when gossip with a peer begins, and when it ends', async () => {
  const { time, pubsub, open, gossipChanges } = setup()
  open(fakeConnection('P', 'inbound'))
  await time.advance(3_000)
  expect(gossipChanges()).toBe(0)
  for (const streams of [pubsub.streamsInbound, pubsub.streamsOutbound]) streams.set('P', fakeGossipStream('open'))
  await time.advance(3_000)
  expect(gossipChanges()).toBe(1)
  pubsub.streamsInbound.delete('P')
  await time.advance(1_000)
  expect(gossipChanges()).toBe(2)
})

test('a connection over a limit is closed', () => {
  const { open, statuses } = setup()
  open(fakeConnection('X', 'inbound'))
  expect(statuses()).toEqual(['closed'])
})

test('of two connections in one direction the newer stays', async () => {
  const { open, statuses, time } = setup()
  open(fakeConnection('P', 'inbound'))
  await time.advance(RACE_GRACE_MS + 1)
  open(fakeConnection('P', 'inbound'))
  open(fakeConnection('Q', 'inbound'))
  expect(statuses()).toEqual(['closed', 'open', 'open'])
})

test('two connections of one moment are a race of whoever dialed: its choice counts, in whichever order they opened', async () => {
  const { open, statuses, time } = setup()
  open(fakeConnection('P', 'inbound'))
  const loser = open(fakeConnection('P', 'inbound'))
  open(fakeConnection('Q', 'inbound'))
  open(fakeConnection('Q', 'inbound'))
  expect(statuses()).toEqual(['open', 'open', 'open', 'open'])
  loser.status = 'closed'
  await time.advance(RACE_GRACE_MS)
  expect(statuses()).toEqual(['open', 'closed', 'closed', 'open'])
})

test.each([
  ['A', ['open', 'closed']],
  ['Z', ['closed', 'open']],
])(
  'of opposite connections, after the grace, the one dialed by the smaller id stays (own id %s)',
  async (own, after) => {
    const { open, statuses, time, watch } = setup(own)
    open(fakeConnection('P', 'outbound'))
    open(fakeConnection('P', 'inbound'))
    await time.advance(DUPLICATE_GRACE_MS - 1)
    // Gossip is not faked here, so the watch must not have closed the peer yet.
    expect(statuses()).toEqual(['open', 'open'])
    await time.advance(1)
    expect(statuses()).toEqual(after)
    watch.stop()
  },
)

test('a peer that dials anew does not see the old connection any more: it goes at once', async () => {
  const { open, statuses, time, watch, pubsub } = setup()
  pubsub.streamsOutbound.set('P', fakeGossipStream('open'))
  pubsub.streamsInbound.set('P', fakeGossipStream('open'))
  open(fakeConnection('P', 'outbound'))
  await time.advance(DUPLICATE_GRACE_MS + 1)
  open(fakeConnection('P', 'inbound'))
  expect(statuses()).toEqual(['closed', 'open'])
  watch.stop()
})

test('when one of two connections closes, gossip is reopened on the other', () => {
  const { open, watch, reopened } = setup()
  const first = open(fakeConnection('P', 'outbound'))
  const second = open(fakeConnection('P', 'inbound'))
  first.status = 'closed'
  watch.onClosed(first)
  expect(reopened).toEqual([second.id])
})

test('missing gossip is reopened first, and a peer that stays without it is disconnected', async () => {
  const { open, watch, reopened, pubsub, time, statuses } = setup()
  const connection = open(fakeConnection('P', 'outbound'))
  pubsub.streamsOutbound.set('P', fakeGossipStream('open'))
  pubsub.streamsInbound.set('P', fakeGossipStream('open'))
  await time.advance(20_000)
  expect(watch.isGossiping('P')).toBe(true)
  expect(reopened).toEqual([])
  pubsub.streamsOutbound.set('P', fakeGossipStream('aborted'))
  await time.advance(4_000)
  expect(reopened[0]).toBe(connection.id)
  expect(statuses()).toEqual(['open'])
  await time.advance(GOSSIP_MISSING_MAX_MS)
  expect(statuses()).toEqual(['closed'])
})

test('relayed connections carry no gossip and are left alone', async () => {
  const { open, time, statuses } = setup()
  open({ ...fakeConnection('P', 'outbound'), limits: {} })
  await time.advance(60_000)
  expect(statuses()).toEqual(['open'])
})

test('a relayed link is no duplicate, and goes a while after there is a direct connection', async () => {
  const { open, statuses, time } = setup()
  open(fakeConnection('P', 'outbound'))
  open(Object.assign(fakeConnection('P', 'outbound', RELAYED), { limits: {} }))
  expect(statuses()).toEqual(['open', 'open'])
  await time.advance(RELAYED_GRACE_MS)
  expect(statuses()).toEqual(['open', 'closed'])
})

test('a relayed link stays where there is nothing better', async () => {
  const { open, statuses, time } = setup()
  open(Object.assign(fakeConnection('P', 'inbound', RELAYED), { limits: {} }))
  await time.advance(10 * RELAYED_GRACE_MS)
  expect(statuses()).toEqual(['open'])
})
