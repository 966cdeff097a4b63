import { expect, test } from 'vitest'
import type { ConnectionView, PeerIdView, PubsubView } from '../src/libp2p-view.ts'
import { openGossipStreamsInParallel } from '../src/parallel-gossip-streams.ts'
import { fakeConnection, fakePeerId } from './fake-connections.ts'

test('a peer that takes long keeps no other one waiting, and is not asked twice at once on one connection', async () => {
  const opening: string[] = []
  const opened = Promise.withResolvers<void>()
  const pubsub = {
    createOutboundStream: (peer: PeerIdView, _connection: ConnectionView): Promise<void> => {
      opening.push(peer.toString())
      return opened.promise
    },
  }
  openGossipStreamsInParallel(pubsub as unknown as PubsubView)
  const connections = { slow: fakeConnection('slow', 'inbound'), other: fakeConnection('other', 'inbound') }
  const open = (peer: 'slow' | 'other'): Promise<void> =>
    pubsub.createOutboundStream(fakePeerId(peer), connections[peer])
  await open('slow')
  await open('slow')
  await open('other')
  expect(opening).toEqual(['slow', 'other'])

  opened.resolve()
  await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  await open('slow')
  expect(opening).toEqual(['slow', 'other', 'slow'])
})
