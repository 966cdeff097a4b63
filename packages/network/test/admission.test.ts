import { expect, test } from 'vitest'
import { createAdmission } from '../src/admission.ts'
import type { AdmissionOptions } from '../src/admission.ts'
import { FAREWELLS_MAX, PROBATION_MAX, PROBATION_MS, PUT_OUT_MS } from '../src/limits.ts'
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
  const isTurnedAway = (peer: string, address: string): boolean =>
    admission.gater.denyInboundEncryptedConnection(fakePeerId(peer), { remoteAddr: { toString: () => address } })
  /** Whether the gater or the admission, which may tell the peer why, has no place for it. */
  const deniesInbound = (peer: string, address: string): boolean =>
    isTurnedAway(peer, address) || admission.admit(fakeConnection(peer, 'inbound', address), () => {}) !== undefined
  /** What was told to whom. */
  const told: string[] = []
  /** As libp2p and the watch do: the gater is asked, then the connection opens, or is closed at once, with a word or without. */
  const connect = (peer: string, address: string): boolean => {
    if (isTurnedAway(peer, address)) return false
    const connection = fakeConnection(peer, 'inbound', address)
    connections.push(connection)
    const close = (why: string): void => {
      const goodbye = admission.farewell(connection, why)
      if (goodbye !== undefined) told.push(`${peer} ${goodbye.code} ${goodbye.waitMs / 1_000}`)
      connections.splice(connections.indexOf(connection), 1)
    }
    const why = admission.admit(connection, close)
    if (why === undefined) return true
    close(why)
    return false
  }
  const isConnected = (peer: string): boolean => connections.some(({ remotePeer }) => remotePeer.toString() === peer)
  return { admission, connections, refused, time, deniesInbound, isTurnedAway, connect, isConnected, told }
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

test('who is put out is told for how long, then refused before anything is set up for it, while there is no room', async () => {
  const { connections, connect, isTurnedAway, told, time } = setup()
  for (const peer of ['A', 'B']) connect(peer, `/ip4/1.1.${peer === 'A' ? 1 : 2}.1/tcp/1`)
  expect(connect('C', '/ip4/1.1.3.1/tcp/1')).toBe(true)
  await time.advance(PROBATION_MS)
  expect(told).toEqual([`C LIMIT_REACHED ${PUT_OUT_MS / 1_000}`])
  // It ignores that: by the same id from elsewhere, or by another id from there.
  expect(isTurnedAway('C', '/ip4/2.2.2.2/tcp/1')).toBe(true)
  expect(isTurnedAway('D', '/ip4/1.1.3.1/tcp/9')).toBe(true)
  expect(isTurnedAway('V', '/ip4/1.1.3.1/tcp/9')).toBe(false)
  expect(told).toHaveLength(1)
  const [freed] = connections.splice(0, 1)
  expect(isTurnedAway('C', '/ip4/1.1.3.1/tcp/1')).toBe(false)
  connections.push(freed as FakeConnection)
  expect(isTurnedAway('C', '/ip4/1.1.3.1/tcp/1')).toBe(true)
  await time.advance(PUT_OUT_MS)
  expect(connect('C', '/ip4/1.1.3.1/tcp/1')).toBe(true)
})

test('the end of a probation says nothing about a connection that its peer has closed, such as the loser of a race', async () => {
  const { connections, connect, told, time, isConnected } = setup({ inboundMax: 0 })
  connect('A', '/ip4/1.1.1.1/tcp/1')
  const [loser] = connections.splice(0, 1)
  if (loser !== undefined) loser.status = 'closed'
  await time.advance(PROBATION_MS / 2)
  expect(connect('A', '/ip4/1.1.1.1/udp/1/webrtc-direct')).toBe(true)
  await time.advance(PROBATION_MS / 2)
  expect(isConnected('A')).toBe(true)
  await time.advance(PROBATION_MS / 2)
  expect(told).toHaveLength(1)
})

test('who finds no place is told why and forgotten; a few at a time, the others are refused without a word', () => {
  const { admission, connections, told, connect, isTurnedAway } = setup({ inboundMax: 0 })
  for (let index = 0; index < PROBATION_MAX; index++)
    expect(connect(`P${index}`, `/ip4/1.${index}.1.1/tcp/1`)).toBe(true)
  expect(connect('LATE', '/ip4/9.9.9.9/tcp/1')).toBe(false)
  expect(told).toEqual([`LATE LIMIT_REACHED ${PROBATION_MS / 1_000}`])
  // As long as they have not gone.
  for (let index = 0; index < FAREWELLS_MAX; index++) {
    expect(isTurnedAway(`L${index}`, '/ip4/9.9.9.9/tcp/1')).toBe(false)
    const connection = fakeConnection(`L${index}`, 'inbound', '/ip4/9.9.9.9/tcp/1')
    connections.push(connection)
    expect(admission.farewell(connection, 'LIMIT_REACHED')).toBeDefined()
  }
  expect(isTurnedAway('ONE-MORE', '/ip4/9.9.9.9/tcp/1')).toBe(true)
  connections.pop()
  expect(isTurnedAway('ONE-MORE', '/ip4/9.9.9.9/tcp/1')).toBe(false)
})
