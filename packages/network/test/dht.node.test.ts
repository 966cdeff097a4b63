/** Real libp2p nodes on loopback: what the DHT finds that the own peers do not say. */
import { createHash, randomBytes } from 'node:crypto'
import type { Log } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { tcp } from '@libp2p/tcp'
import { afterEach, expect, test } from 'vitest'
import { dhtService, openDht } from '../src/dht.ts'
import { gossipsubOptions } from '../src/gossip-settings.ts'
import { generateIdentity, privateKeyFromIdentity } from '../src/identity.ts'
import { type Libp2pView, type TransportFactory, createLibp2pNode, parseMultiaddr } from '../src/libp2p-view.ts'

const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }
const random = { bytes: (lengthBytes: number) => randomBytes(lengthBytes) }
const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function startNode(mode: 'server' | 'client', peers: readonly Libp2pView[]): Promise<Libp2pView> {
  const pass = (): boolean => false
  const node = await createLibp2pNode({
    privateKey: privateKeyFromIdentity(await generateIdentity()),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    announce: [],
    transports: [tcp() as TransportFactory],
    services: mode === 'server' ? { dht: await dhtService({ ...options, mode }) } : {},
    datastore: undefined,
    gater: {
      denyDialMultiaddr: pass,
      denyDialPeer: pass,
      denyInboundEncryptedConnection: pass,
      denyOutboundConnection: pass,
      denyInboundRelayReservation: pass,
      denyOutboundRelayedConnection: pass,
      denyInboundRelayedConnection: pass,
    },
    pubsub: gossipsubOptions({
      topicNames: [],
      localNetwork: true,
      heartbeatMs: undefined,
      sha256: (bytes) => createHash('sha256').update(bytes).digest(),
      appScore: () => 0,
    }),
    connectionManager: {},
    connectionMonitor: {},
  })
  await node.start()
  closers.push(() => node.stop())
  const signal = AbortSignal.timeout(5_000)
  for (const peer of peers) await node.dial(parseMultiaddr(String(peer.getMultiaddrs()[0])), { signal })
  return node
}

const options = { genesisHash: `0x${'ab'.repeat(32)}` as Hash, localNetwork: true }

test('a client finds a server that only its server knows; a client is found by nobody', async () => {
  const middle = await startNode('server', [])
  const far = await startNode('server', [middle])
  const other = await startNode('client', [middle])
  const tab = await startNode('client', [middle])
  const [client, idle] = await Promise.all(
    [tab, other].map((libp2p) => openDht({ ...options, mode: 'client' }, { libp2p, random, log })),
  )
  if (client === undefined || idle === undefined) throw new Error('not opened')
  closers.push(client.stop, idle.stop)

  const found = new Map<string, readonly string[]>()
  const deadlineMs = performance.now() + 20_000
  // Until identify and the routing tables' pings are through.
  while (!found.has(far.peerId.toString()) && performance.now() < deadlineMs) {
    await client.walk((peer, addresses) => void found.set(peer, addresses))
  }
  expect(found.get(far.peerId.toString())).toContain(String(far.getMultiaddrs()[0]))
  expect(found.has(other.peerId.toString())).toBe(false)
}, 40_000)
