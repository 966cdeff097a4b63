import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity } from '@cairn/network'
import type { Network } from '@cairn/ports'
import { afterEach, expect, test } from 'vitest'
import type { NodeNetworkOptions } from '../src/network-node.ts'
import { createTestNode, until } from './network-nodes.ts'
import { startUdpProxy } from './udp-proxy.ts'

const running: Network[] = []
const folders: string[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.stop()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

async function startNode(overrides: Partial<NodeNetworkOptions>): Promise<Network> {
  const node = await createTestNode(overrides)
  node.onTopic('votes', () => ({ verdict: 'accept' }))
  await node.start()
  running.push(node)
  return node
}

const portOf = (node: Network): number => Number(node.addresses()[0]?.split('/')[4])
const gossiping = (node: Network, count: number): boolean =>
  node.peers().filter((peer) => peer.gossiping).length === count

test('a restarted peer is reconnected and gossips again, in both directions of dialing', async () => {
  const identities = [await generateIdentity(), await generateIdentity()]
  for (const [own, other] of [identities, identities.toReversed()]) {
    let server = await startNode({ identity: other as Uint8Array })
    const client = await startNode({ identity: own as Uint8Array, peers: server.addresses() })
    await until(() => gossiping(client, 1) && gossiping(server, 1))
    let changes = 0
    client.onPeersChanged(() => (changes += 1))
    const port = portOf(server)
    await server.stop()
    await until(() => client.peers().length === 0)
    server = await startNode({ identity: other as Uint8Array, listen: { quicPort: port } })
    await until(() => gossiping(client, 1) && gossiping(server, 1))
    expect(changes).toBeGreaterThanOrEqual(2)
    await Promise.all([client.stop(), server.stop()])
  }
})

test('a blocked path is noticed, and gossip flows again after it heals, through the configured address', async () => {
  const server = await startNode({})
  const proxy = await startUdpProxy(portOf(server))
  const peers = server.addresses().map((address) => address.replace(`/udp/${portOf(server)}/`, `/udp/${proxy.port}/`))
  const client = await startNode({ peers })
  await until(() => gossiping(client, 1) && gossiping(server, 1))
  proxy.blocked = true
  await until(() => client.peers().length === 0 && server.peers().length === 0)
  proxy.blocked = false
  await until(() => gossiping(client, 1) && gossiping(server, 1))
  await proxy.close()
  await until(() => client.peers().length === 0)
}, 60_000)

test('two nodes that dial each other end with gossip both ways', async () => {
  const identities = [await generateIdentity(), await generateIdentity()]
  const first = await startNode({ identity: identities[0] as Uint8Array })
  const port = portOf(first)
  await first.stop()
  const second = await startNode({ identity: identities[1] as Uint8Array, peers: first.addresses() })
  const again = await startNode({
    identity: identities[0] as Uint8Array,
    listen: { quicPort: port },
    peers: second.addresses(),
  })
  await until(() => gossiping(again, 1) && gossiping(second, 1))
})

test('a full server hears a validator on probation and then keeps a slot for it; nobody else stays', async () => {
  const server = await createTestNode({ inboundMax: 2, probationMs: 3_000 })
  // As a node does with a signed announcement.
  server.onTopic('announcements', (_data, from) => {
    server.reserve([from])
    return { verdict: 'accept' }
  })
  await server.start()
  running.push(server)
  const peers = server.addresses()
  const isThere = (node: Network): boolean => server.peers().some(({ peerId }) => peerId === node.peerId)
  const first = [await startNode({ peers }), await startNode({ peers })]
  await until(() => first.every(isThere))
  const sybils = await Promise.all([1, 2, 3].map(() => startNode({ peers })))
  await until(() => sybils.every(isThere))

  const validator = await createTestNode({ peers })
  validator.onTopic('announcements', () => ({ verdict: 'accept' }))
  validator.onPeersChanged(() => {
    if (validator.peers().some(({ gossiping: flows }) => flows))
      void validator.publish('announcements', Uint8Array.of(1))
  })
  const left = Promise.withResolvers<void>()
  await validator.start()
  running.push(validator)
  await until(() => isThere(validator))
  validator.onPeersChanged(() => validator.peers().length === 0 && left.reject(new Error('the validator was expelled')))
  const others = Promise.all(sybils.map((sybil) => until(() => sybil.peers().length === 0)))
  await Promise.race([others, left.promise])
  expect([...first, validator].every(isThere)).toBe(true)
}, 60_000)

test('outside local networks one address gets few connections', async () => {
  const server = await startNode({ localNetwork: false, inboundPerIpMax: 1 })
  const first = await startNode({ peers: server.addresses() })
  await until(() => server.peers().length === 1)
  const second = await startNode({ peers: server.addresses() })
  let dials = 0
  second.onPeersChanged(() => (dials += 1))
  await until(() => dials > 0 || second.peers().length === 0)
  expect(server.peers().map((peer) => peer.peerId)).toEqual([first.peerId])
})

test('penalize disconnects and then refuses the peer', async () => {
  const server = await startNode({})
  const client = await startNode({ peers: server.addresses() })
  await until(() => gossiping(server, 1))
  for (let count = 0; count < 3; count++) server.penalize(client.peerId, 'RESPONSE_INVALID')
  await until(() => server.peers().length === 0 && client.peers().length === 0)
})

test('TCP and WebSocket listen beside QUIC and carry gossip', async () => {
  const server = await startNode({ listen: { quicPort: 0, tcpPort: 0, wsPort: 0 } })
  for (const part of ['/ws/', '/tcp/']) {
    const peers = server.addresses().filter((one) => one.includes(part) && (part !== '/tcp/' || !one.includes('/ws/')))
    expect(peers).toHaveLength(1)
    const client = await startNode({ peers })
    await until(() => gossiping(client, 1))
    expect(client.peers()[0]?.transport).toBe(part.replaceAll('/', ''))
  }
})

test('the WebRTC-direct address survives a restart', async () => {
  const dataPath = mkdtempSync(join(tmpdir(), 'cairn-network-'))
  folders.push(dataPath)
  const identity = await generateIdentity()
  const certhashes = []
  for (let run = 0; run < 2; run++) {
    const node = await startNode({ identity, dataPath, listen: { webrtcDirectPort: 0 } })
    certhashes.push(node.addresses()[0]?.split('/certhash/')[1])
    await node.stop()
  }
  expect(certhashes[0]).toMatch(/^u/)
  expect(certhashes[1]).toBe(certhashes[0])
})

test('a peer address without a peer id is refused at creation', async () => {
  await expect(createTestNode({ peers: ['/ip4/127.0.0.1/udp/1/quic-v1'] })).rejects.toMatchObject({
    code: 'PEER_ADDRESS_INVALID',
  })
})
