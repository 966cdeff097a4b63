/** Gossip latency over QUIC: `network/gossip/nodes=4/bytes=1024`, one way, on one clock. Run with Node. */
import { randomFillSync } from 'node:crypto'
import type { Network } from '@cairn/ports'
import { createTestNode, until } from '../test/network-nodes.ts'

const NODES = 4
const MESSAGES = 500
const SIZE_BYTES = 1024
const PAUSE_MS = 4

const latenciesMs: number[] = []
const nodes: Network[] = []
for (let index = 0; index < NODES; index++) {
  const node = await createTestNode({ peers: nodes.flatMap((other) => other.addresses()) })
  node.onTopic('votes', (data) => {
    latenciesMs.push(performance.now() - new DataView(data.buffer, data.byteOffset).getFloat64(0))
    return { verdict: 'accept' }
  })
  await node.start()
  nodes.push(node)
}
const dialStartMs = performance.now()
await until(() => nodes.every((node) => node.peers().filter((peer) => peer.gossiping).length === NODES - 1))
console.log(`network/mesh/nodes=${NODES} ready ${(performance.now() - dialStartMs).toFixed(0)} ms after the last start`)
await new Promise((resolve) => setTimeout(resolve, 1500))

for (let index = 0; index < MESSAGES; index++) {
  const data = randomFillSync(new Uint8Array(SIZE_BYTES))
  new DataView(data.buffer).setFloat64(0, performance.now())
  await nodes[index % NODES]?.publish('votes', data)
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
}
await until(() => latenciesMs.length >= MESSAGES * (NODES - 1), 5_000).catch(() => {})
latenciesMs.sort((a, b) => a - b)
const at = (quantile: number): string => (latenciesMs[Math.floor(latenciesMs.length * quantile)] ?? NaN).toFixed(2)
console.log(
  `network/gossip/nodes=${NODES}/bytes=${SIZE_BYTES} p50 ${at(0.5)} ms p99 ${at(0.99)} ms max ${at(0.9999)} ms, ` +
    `${latenciesMs.length}/${MESSAGES * (NODES - 1)} delivered`,
)
await Promise.all(nodes.map((node) => node.stop()))
