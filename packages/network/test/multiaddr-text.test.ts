import { expect, test } from 'vitest'
import { ipGroupOf, peerIdOf, transportOf } from '../src/multiaddr-text.ts'

test.each([
  ['/ip4/1.2.3.4/udp/1/quic-v1/p2p/12D3', 'quic-v1', '1.2.3.4', '12D3'],
  ['/ip4/1.2.3.4/tcp/1', 'tcp', '1.2.3.4', undefined],
  ['/ip4/1.2.3.4/tcp/1/ws/p2p/X', 'ws', '1.2.3.4', 'X'],
  ['/dns4/example.org/tcp/443/tls/ws/p2p/X', 'wss', undefined, 'X'],
  ['/ip6/2001:db8::1/udp/1/webrtc-direct/certhash/u/p2p/X', 'webrtc-direct', '2001:db8:0:0', 'X'],
  ['/ip6/2001:0DB8:0:0:9::1/udp/1/quic-v1', 'quic-v1', '2001:db8:0:0', undefined],
  ['/ip6/::1/tcp/1', 'tcp', '0:0:0:0', undefined],
  ['/ip4/1.2.3.4/tcp/1/ws/p2p/R/p2p-circuit/webrtc/p2p/X', 'webrtc', '1.2.3.4', 'X'],
])('%s', (address, transport, group, peer) => {
  expect([transportOf(address), ipGroupOf(address), peerIdOf(address)]).toEqual([transport, group, peer])
})
