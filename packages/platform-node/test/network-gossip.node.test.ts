import { reject } from '@cairn/primitives'
import type { Verdict } from '@cairn/primitives'
import type { Network } from '@cairn/ports'
import { afterEach, expect, test } from 'vitest'
import { createTestNode, until } from './network-nodes.ts'
import type { NodeNetworkOptions } from '../src/network-node.ts'

const running: Network[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.stop()))
})

/** A started node whose `votes` handler records what arrives and answers `verdict`. */
async function startNode(
  overrides: Partial<NodeNetworkOptions>,
  verdict: () => Promise<Verdict> | Verdict = () => ({ verdict: 'accept' }),
): Promise<{ readonly node: Network; readonly received: number[] }> {
  const node = await createTestNode(overrides)
  const received: number[] = []
  node.onTopic('votes', (data) => {
    received.push(data[0] ?? -1)
    return verdict()
  })
  node.onTopic('transactions', () => ({ verdict: 'accept' }))
  await node.start()
  running.push(node)
  return { node, received }
}

const gossipingWith = (node: Network): number => node.peers().filter((peer) => peer.gossiping).length

/** Publishes once a peer is there to hear; each call is a new message, even with the same content. */
async function publishHeard(node: Network, value: number): Promise<void> {
  let recipients = 0
  while (recipients === 0) {
    recipients = await node.publish('votes', new Uint8Array([value]))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('a published message reaches every node of a line, once each', async () => {
  const a = await startNode({})
  const b = await startNode({ peers: a.node.addresses() })
  const c = await startNode({ peers: b.node.addresses() })
  await until(() => gossipingWith(b.node) === 2 && gossipingWith(a.node) === 1 && gossipingWith(c.node) === 1)
  // Told by its arrival at the far end: subscriptions and mesh take a moment to travel.
  await publishHeard(a.node, 1)
  await publishHeard(c.node, 2)
  await until(() => b.received.length === 2)
  await publishHeard(c.node, 3)
  await until(() => a.received.includes(3))
  expect(a.received.filter((value) => value === 3)).toHaveLength(1)
  expect(b.received).toEqual([1, 2, 3])
  expect(a.node.peers()[0]).toMatchObject({ direction: 'inbound', transport: 'quic-v1', score: 0, gossiping: true })
})

test('the same bytes published again arrive again', async () => {
  const a = await startNode({})
  const b = await startNode({ peers: a.node.addresses() })
  await until(() => gossipingWith(b.node) === 1)
  await publishHeard(b.node, 9)
  await until(() => a.received.length === 1)
  await publishHeard(b.node, 9)
  await until(() => a.received.length === 2)
  expect(a.received).toEqual([9, 9])
})

test('publish without peers resolves to 0, and a message over the topic limit throws', async () => {
  const { node } = await startNode({})
  await expect(node.publish('votes', new Uint8Array([1]))).resolves.toBe(0)
  await expect(node.publish('votes', new Uint8Array(4097))).rejects.toMatchObject({ code: 'MESSAGE_SIZE' })
})

test('a rejected message is not forwarded, costs its sender score, and repeated ones cost the connection', async () => {
  const c = await startNode({})
  const b = await startNode({ peers: c.node.addresses() }, () => reject('TEST'))
  const a = await startNode({ peers: b.node.addresses() })
  await until(() => gossipingWith(b.node) === 2 && gossipingWith(a.node) === 1)
  await publishHeard(a.node, 1)
  await until(() => (b.node.peers().find((peer) => peer.peerId === a.node.peerId)?.score ?? 0) < 0)
  const score = b.node.peers().find((peer) => peer.peerId === a.node.peerId)?.score ?? 0
  expect(score).toBeCloseTo(-5, 0)
  for (let value = 10; value < 14; value++) await a.node.publish('votes', new Uint8Array([value]))
  await until(() => !b.node.peers().some((peer) => peer.peerId === a.node.peerId))
  expect(c.received).toEqual([])
  expect(b.node.peers().map((peer) => peer.peerId)).toEqual([c.node.peerId])
})

test('a handler that never answers delays no other message', async () => {
  let first = true
  const stuck = new Promise<Verdict>(() => {})
  const a = await startNode({}, () => {
    if (!first) return { verdict: 'accept' }
    first = false
    return stuck
  })
  const b = await startNode({ peers: a.node.addresses() })
  await until(() => gossipingWith(b.node) === 1)
  await publishHeard(b.node, 1)
  for (let value = 20; value < 30; value++) await b.node.publish('votes', new Uint8Array([value]))
  await until(() => a.received.length === 11)
})

test('nodes of different chains hear nothing from each other', async () => {
  const a = await startNode({})
  const b = await startNode({ peers: a.node.addresses(), genesisHash: `0x${'cd'.repeat(32)}` as never })
  await until(() => gossipingWith(b.node) === 1 && gossipingWith(a.node) === 1)
  await expect(b.node.publish('votes', new Uint8Array([1]))).resolves.toBe(0)
  await expect(b.node.request(a.node.peerId, 'chain-status', new Uint8Array(0))).rejects.toMatchObject({
    code: 'REQUEST_REFUSED',
  })
})
