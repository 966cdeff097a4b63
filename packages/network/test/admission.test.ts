import { expect, test } from 'vitest'
import { createAdmission } from '../src/admission.ts'
import type { AdmissionOptions } from '../src/admission.ts'
import { fakeConnection, fakePeerId } from './fake-connections.ts'
import type { FakeConnection } from './fake-connections.ts'
import { createFakeTime } from './fake-time.ts'

function setup(overrides: Partial<AdmissionOptions> = {}) {
  const connections: FakeConnection[] = []
  const refused = new Set<string>()
  const admission = createAdmission(
    { inboundMax: 2, outboundMax: 1, inboundPerIpMax: 1, reservedPeers: ['V'], localNetwork: false, ...overrides },
    { ...createFakeTime(), connections: () => connections, isRefused: (peer) => refused.has(peer) },
  )
  const deniesInbound = (peer: string, address: string): boolean =>
    admission.gater.denyInboundEncryptedConnection(fakePeerId(peer), { remoteAddr: { toString: () => address } })
  return { admission, connections, refused, deniesInbound }
}

test('inbound and outbound limits are apart; reserved peers pass both, the banned none', () => {
  const { admission, connections, refused, deniesInbound } = setup()
  connections.push(fakeConnection('A', 'inbound', '/ip4/1.1.1.1/udp/1/quic-v1'))
  connections.push(fakeConnection('B', 'inbound', '/ip4/1.1.1.2/udp/1/quic-v1'))
  expect(deniesInbound('C', '/ip4/1.1.1.3/udp/1/quic-v1')).toBe(true)
  expect(admission.gater.denyOutboundConnection(fakePeerId('C'))).toBe(false)
  connections.push(fakeConnection('D', 'outbound'))
  expect(admission.gater.denyOutboundConnection(fakePeerId('C'))).toBe(true)
  expect(deniesInbound('V', '/ip4/1.1.1.1/udp/1/quic-v1')).toBe(false)
  // A peer that is connected already does not count against itself.
  expect(deniesInbound('A', '/ip4/1.1.1.1/udp/1/quic-v1')).toBe(false)
  refused.add('V')
  expect(deniesInbound('V', '/ip4/1.1.1.1/udp/1/quic-v1')).toBe(true)
  expect(admission.gater.denyDialPeer(fakePeerId('V'))).toBe(true)
})

test('reserved peers take no slot of the others', () => {
  const { connections, deniesInbound } = setup()
  connections.push(fakeConnection('V', 'inbound'), fakeConnection('A', 'inbound', '/ip4/1.1.1.1/udp/1/quic-v1'))
  expect(deniesInbound('C', '/ip4/1.1.1.3/udp/1/quic-v1')).toBe(false)
})

test('one address, or one IPv6 /64, gets its share only; not in a local network', () => {
  const { connections, deniesInbound } = setup({ inboundMax: 10 })
  connections.push(fakeConnection('A', 'inbound', '/ip4/1.1.1.1/udp/1/quic-v1'))
  connections.push(fakeConnection('B', 'inbound', '/ip6/2001:db8::1/udp/1/quic-v1'))
  expect(deniesInbound('C', '/ip4/1.1.1.1/tcp/9')).toBe(true)
  expect(deniesInbound('C', '/ip4/1.1.1.2/tcp/9')).toBe(false)
  expect(deniesInbound('C', '/ip6/2001:db8:0:0:ffff::7/udp/1/quic-v1')).toBe(true)
  expect(deniesInbound('C', '/ip6/2001:db8:0:1::7/udp/1/quic-v1')).toBe(false)
  const local = setup({ inboundMax: 10, localNetwork: true })
  local.connections.push(fakeConnection('A', 'inbound', '/ip4/1.1.1.1/udp/1/quic-v1'))
  expect(local.deniesInbound('C', '/ip4/1.1.1.1/tcp/9')).toBe(false)
  expect(local.admission.gater.denyDialMultiaddr?.()).toBe(false)
})
