import { expect, test } from 'vitest'
import { BOOK_PEERS_PER_TELLER_MAX, DISCOVERY_RETRY_MS, EXCHANGED_PEERS_MAX } from '../src/limits.ts'
import { usableAddresses } from '../src/peer-addresses.ts'
import { createPeerBook } from '../src/peer-book.ts'
import {
  createPeerDirectory,
  decodePeersRequest,
  decodePeersResponse,
  encodePeersRequest,
  encodePeersResponse,
} from '../src/peer-exchange.ts'
import { createFakeTime } from './fake-time.ts'

const relayed = (relay: string, peer: string, base = '/ip4/1.2.3.4/tcp/1/ws'): string =>
  `${base}/p2p/${relay}/p2p-circuit/webrtc/p2p/${peer}`

function setup(transports = ['webrtc', 'ws']) {
  const time = createFakeTime()
  const random = { bytes: (lengthBytes: number) => new Uint8Array(lengthBytes) }
  return { time, book: createPeerBook({ ownPeerId: 'SELF', transports }, { ...time, random }) }
}

const anybody = (): boolean => true

test('of a peer’s addresses those for it alone are used, one for each relay, by a way that a tab can dial', () => {
  const addresses = [
    relayed('R', 'T', '/ip4/1.2.3.4/udp/1/quic-v1'),
    relayed('R', 'T'),
    relayed('S', 'T', '/ip4/1.2.3.4/udp/1/webrtc-direct/certhash/x'),
    relayed('R', 'OTHER'),
    '/ip4/1.2.3.4/tcp/1/ws',
    `/ip4/${'1'.repeat(600)}/p2p/T`,
    'https://example.org/p2p/T',
    '/ip4/1.2.3.4/tcp/1/ws/p2p/T',
  ]
  expect(usableAddresses(addresses, 'T')).toEqual([
    '/ip4/1.2.3.4/tcp/1/ws/p2p/T',
    relayed('R', 'T'),
    relayed('S', 'T', '/ip4/1.2.3.4/udp/1/webrtc-direct/certhash/x'),
  ])
  expect(usableAddresses(addresses, 'T', ['tcp'])).toEqual([])
})

test('what peers tell survives the wire, and hostile bytes are refused with a code', () => {
  const peers = [{ peer: 'T', addresses: [relayed('R', 'T')] }]
  expect(decodePeersResponse(encodePeersResponse(peers))).toEqual({ ok: true, value: peers })
  expect(decodePeersRequest(encodePeersRequest(['/x']))).toEqual({ ok: true, value: ['/x'] })
  const many = Array.from({ length: EXCHANGED_PEERS_MAX + 5 }, (_, index) => ({ peer: `P${index}`, addresses: [] }))
  const decoded = decodePeersResponse(encodePeersResponse(many))
  expect(decoded.ok && decoded.value.length).toBe(EXCHANGED_PEERS_MAX)
  for (const bytes of [[], [0x80], [0xc1], [0xc2, 0xc1, 0x80], [0xf8, 0xff], [0xc1, 0xc0]]) {
    expect(decodePeersResponse(new Uint8Array(bytes)).ok).toBe(false)
  }
  expect(decodePeersRequest(new Uint8Array(100_000)).ok).toBe(false)
})

test('a directory names others in their own words, and nobody to themselves', () => {
  const directory = createPeerDirectory()
  directory.told('A', [relayed('R', 'A')])
  directory.told('B', [relayed('R', 'B'), relayed('R', 'A')])
  directory.told('C', [])
  expect(directory.listFor('A')).toEqual([{ peer: 'B', addresses: [relayed('R', 'B')] }])
  directory.forget('B')
  expect(directory.listFor('A')).toEqual([])
})

test('the book gives anchors first, then peers that have failed least, and never ourselves', async () => {
  const { time, book } = setup()
  book.add('SELF', [relayed('R', 'SELF')], 'R')
  book.add('Z1', [relayed('R', 'Z1')], 'R')
  expect(book.next(anybody)?.peer).toBe('Z1')
  book.add('Z2', [relayed('R', 'Z2')], undefined)
  expect(book.next(anybody)?.peer).toBe('Z2')
  expect(book.next((peer) => peer !== 'Z2')?.peer).toBe('Z1')
  book.failed('Z2')
  book.failed('Z1')
  expect(book.next(anybody)).toBeUndefined()
  await time.advance(DISCOVERY_RETRY_MS)
  book.failed('Z2')
  expect(book.next(anybody)?.peer).toBe('Z1')
  book.forgive()
  expect(book.next((peer) => peer === 'Z2')?.addresses).toEqual([relayed('R', 'Z2')])
})

test('of two tabs that hear of each other the one with the larger id dials later', async () => {
  const { time, book } = setup()
  book.add('A', [relayed('R', 'A')], 'R')
  expect(book.next(anybody)).toBeUndefined()
  await time.advance(3_000)
  expect(book.next(anybody)?.peer).toBe('A')
})

test('one teller cannot crowd out what others say', () => {
  const { book } = setup()
  book.add('HONEST', [relayed('R', 'HONEST')], 'R')
  for (let index = 0; index < 1000; index++) book.add(`Z${index}`, [relayed('R', `Z${index}`)], 'LIAR')
  const known = new Set<string>()
  for (let found = book.next(anybody); found !== undefined; found = book.next(anybody)) {
    known.add(found.peer)
    book.failed(found.peer)
  }
  expect(known.size).toBeLessThanOrEqual(BOOK_PEERS_PER_TELLER_MAX + 1)
  book.forgive()
  book.add('HONEST', ['/ip4/6.6.6.6/tcp/1/ws/p2p/HONEST'], 'LIAR')
  expect(book.next((peer) => peer === 'HONEST')?.addresses).toEqual([relayed('R', 'HONEST')])
})
