/** Connections and streams as far as the watch and the admission look. */
import type { ConnectionView, PeerIdView, StreamView } from '../src/libp2p-view.ts'

export interface FakeConnection extends ConnectionView {
  status: string
}

let lastId = 0

export function fakeConnection(
  peer: string,
  direction: 'inbound' | 'outbound',
  address = '/ip4/1.2.3.4/udp/1/quic-v1',
): FakeConnection {
  const connection: FakeConnection = {
    id: String((lastId += 1)),
    remotePeer: fakePeerId(peer),
    remoteAddr: { toString: () => address },
    direction,
    status: 'open',
    timeline: { open: 0 },
    newStream: () => Promise.reject(new Error('not faked')),
    close() {
      connection.status = 'closed'
      return Promise.resolve()
    },
    abort() {
      connection.status = 'aborted'
    },
  }
  return connection
}

export function fakePeerId(text: string): PeerIdView {
  return { toString: () => text }
}

/** What gossipsub keeps per peer. */
export function fakeGossipStream(status: string): { readonly rawStream: StreamView } {
  return { rawStream: { status } as StreamView }
}
