import { expect, test } from 'vitest'
import { createAdmission } from '../src/admission.ts'
import type { AdmissionOptions } from '../src/admission.ts'
import { PROBATION_MAX, PROBATION_MS } from '../src/limits.ts'
import { fakeConnection, fakePeerId } from './fake-connections.ts'
import type { FakeConnection } from './fake-connections.ts'
import { createFakeTime } from './fake-time.ts'

function setup(overrides: Partial<AdmissionOptions> = {}) {
  const connections: FakeConnection[] = []
  const refused = new Set<string>()
  const time = createFakeTime()
  const admission = createAdmission(
    {
      inboundMax: 2,
      outboundMax: 1,
      inboundPerIpMax: 1,
      inboundPerPrefixMax: 16,
      probationMs: PROBATION_MS,
      localNetwork: false,
      ...overrides,
    },
    { ...time, connections: () => connections, isRefused: (peer) => refused.has(peer) },
  )
  admission.reserve(['V'])
  const deniesInbound = (peer: string, address: string): boolean =>
    admission.gater.denyInboundEncryptedConnection(fakePeerId(peer), { remoteAddr: { toString: () => address } })
  /** As libp2p does: the gater is asked, then the connection opens, or is closed at once. */
  const connect = (peer: string, address: string): boolean => {
    if (deniesInbound(peer, address)) return false
    const connection = fakeConnection(peer, 'inbound', address)
    connections.push(connection)
    const close = (): void => void connections.splice(connections.indexOf(connection), 1)
    if (admission.admit(connection, close) === undefined) return true
    close()
    return false
  }
  const isConnected = (peer: string): boolean => connections.some(({ remotePeer }) => remotePeer.toString() === peer)
  return { admission, connections, refused, time, deniesInbound, connect, isConnected }
}

test('inbound and outbound limits are apart; reserved peers pass both, the banned none', () => {
  const { admission, connections, refused, deniesInbound } = setup()
  connections.push(fakeConnection('A', 'inbound', '/ip4/1.1.1.1/udp/1/quic-v1'))
  connections.push(fakeConnection('B', 'inbound', '/ip4/1.1.1.2/udp/1/quic-v1'))
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

const SYBILS = Array.from({ length: 1_000 }, (_, index) => `sybil-${index}`)
const LIMITS = { inboundMax: 64, inboundPerIpMax: 4, inboundPerPrefixMax: 16 }

test('a thousand Sybils of one /24 hold a quarter of the slots, also by probation', () => {
  const { connections, connect } = setup(LIMITS)
  for (const [index, sybil] of SYBILS.entries()) connect(sybil, `/ip4/9.9.9.${index % 250}/udp/1/quic-v1`)
  expect(connections).toHaveLength(LIMITS.inboundPerPrefixMax)
  for (let honest = 0; honest < 48; honest++) {
    expect(connect(`honest-${honest}`, `/ip4/10.0.${honest}.1/udp/1/quic-v1`)).toBe(true)
  }
})

test('a thousand Sybils from everywhere: who was there stays, a validator is heard once and then has its slot', async () => {
  const { admission, connections, connect, isConnected, time } = setup(LIMITS)
  const addressOf = (index: number): string => `/ip4/${20 + (index >> 8)}.${index & 255}.7.7/udp/1/quic-v1`
  for (let honest = 0; honest < 30; honest++) connect(`honest-${honest}`, `/ip4/10.0.${honest}.1/udp/1/quic-v1`)
  const rush = (): void => SYBILS.forEach((sybil, index) => !isConnected(sybil) && connect(sybil, addressOf(index)))
  rush()
  expect(connections).toHaveLength(LIMITS.inboundMax + PROBATION_MAX)
  // A known validator comes in at once, and its slot is nobody's loss.
  expect(connect('V', addressOf(7))).toBe(true)
  // One with a new peer id has to be there when a place falls free, and to be heard.
  expect(connect('W', '/ip4/11.0.0.1/udp/1/quic-v1')).toBe(false)
  await time.advance(PROBATION_MS)
  expect(connections).toHaveLength(LIMITS.inboundMax + 1)
  expect(connect('W', '/ip4/11.0.0.1/udp/1/quic-v1')).toBe(true)
  admission.reserve(['V', 'W'])
  for (let round = 0; round < 5; round++) {
    rush()
    await time.advance(PROBATION_MS)
  }
  for (let honest = 0; honest < 30; honest++) expect(isConnected(`honest-${honest}`)).toBe(true)
  expect(isConnected('V') && isConnected('W')).toBe(true)
  // It may leave and come back at any time.
  connections.splice(
    connections.findIndex(({ remotePeer }) => remotePeer.toString() === 'W'),
    1,
  )
  rush()
  expect(connect('W', '/ip4/11.0.0.2/udp/1/quic-v1')).toBe(true)
})

test('who is on probation stays when a slot falls free meanwhile', async () => {
  const { connections, connect, isConnected, time } = setup({ localNetwork: true })
  for (const peer of ['A', 'B', 'C']) expect(connect(peer, '/ip4/127.0.0.1/udp/1/quic-v1')).toBe(true)
  connections.shift()
  await time.advance(PROBATION_MS)
  expect(isConnected('C')).toBe(true)
})
