import { expect, test } from 'vitest'
import type { ConnectionView, PeerIdView } from '../src/libp2p-view.ts'
import { PROTOCOL_NOTED_MAX_AGE_MS } from '../src/limits.ts'
import { noteProtocolsOnce } from '../src/merged-protocols.ts'
import { fakeConnection, fakePeerId } from './fake-connections.ts'
import { createFakeTime } from './fake-time.ts'

function setup() {
  const time = createFakeTime()
  const written: string[] = []
  const write =
    (kind: string) =>
    async (peer: PeerIdView, data: object): Promise<object> => {
      written.push(`${kind} ${peer.toString()} ${Object.entries(data).flat(2).join(' ')}`)
      return {}
    }
  const peerStore = {
    merge: write('merge'),
    patch: write('patch'),
    save: write('save'),
    delete: async (peer: PeerIdView): Promise<void> => void written.push(`delete ${peer.toString()}`),
  }
  let onClose = (_connection: ConnectionView): void => {}
  const libp2p = {
    peerStore,
    addEventListener: (_type: string, listener: (event: { readonly detail: ConnectionView }) => void) => {
      onClose = (detail) => listener({ detail })
    },
  }
  noteProtocolsOnce(libp2p, time.clock)
  return { time, peerStore, written, close: (connection: ConnectionView) => onClose(connection) }
}

test('that a peer speaks a protocol is written once, and anew when its record, its connection or a while have passed', async () => {
  const { time, peerStore, written, close } = setup()
  const peer = fakePeerId('B')
  const note = async (...protocols: readonly string[]): Promise<readonly string[]> => {
    written.length = 0
    await peerStore.merge(peer, { protocols })
    return [...written]
  }
  const wrote = ['merge B protocols /a']
  expect(await note('/a')).toEqual(wrote)
  expect(await note('/a')).toEqual([])
  expect(await note('/a', '/b')).toEqual(['merge B protocols /a /b'])
  expect(await note('/b')).toEqual([])
  // Another peer is another record.
  await peerStore.merge(fakePeerId('C'), { protocols: ['/a'] })
  expect(written).toEqual(['merge C protocols /a'])

  await peerStore.patch(peer, { protocols: ['/c'] })
  expect(await note('/a')).toEqual(wrote)
  await peerStore.save(peer, { protocols: ['/c'] })
  expect(await note('/a')).toEqual(wrote)
  await peerStore.delete(peer)
  expect(await note('/a')).toEqual(wrote)
  close(fakeConnection('B', 'outbound'))
  expect(await note('/a')).toEqual(wrote)
  await time.advance(PROTOCOL_NOTED_MAX_AGE_MS)
  expect(await note('/a')).toEqual(wrote)
})

test('whoever writes more than protocols gets the record', async () => {
  const { peerStore, written } = setup()
  const data = { protocols: ['/a'], tags: 'relay' }
  for (const _ of [1, 2]) expect(await peerStore.merge(fakePeerId('B'), data)).toEqual({})
  expect(written).toHaveLength(2)
})

test('a protocol whose writing failed is written again', async () => {
  const { peerStore, written } = setup()
  const merge = (_peer: PeerIdView, _data: object): Promise<object> => Promise.reject(new Error('no space'))
  const failing = { ...peerStore, merge }
  const time = createFakeTime()
  noteProtocolsOnce({ peerStore: failing, addEventListener: () => {} }, time.clock)
  for (const _ of [1, 2]) {
    await expect(failing.merge(fakePeerId('B'), { protocols: ['/a'] })).rejects.toThrow('no space')
  }
  expect(written).toEqual([])
})
