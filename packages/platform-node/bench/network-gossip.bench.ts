/** Gossip latency over QUIC among four nodes in one process: one way, one clock. Also runs alone: `node <file>`. */
import { randomFillSync } from 'node:crypto'
import type { Network } from '@cairn/ports'
import { createTestNode, until } from '../test/network-nodes.ts'

const NODES = 4
const MESSAGES = 500
const PAUSE_MS = 4

interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly reference: string
}

/** Rows for `npm run bench`. */
export async function runGossipBench(): Promise<readonly Row[]> {
  return [...(await measure(1024, '0.8 ms p50, 5 ms p99 on a quiet host')), ...(await measure(102_400, '6 ms, 70 ms'))]
}

async function measure(sizeBytes: number, reference: string): Promise<readonly Row[]> {
  const latenciesMs: number[] = []
  const nodes = await startNodes((data) =>
    latenciesMs.push(performance.now() - new DataView(data.buffer, data.byteOffset).getFloat64(0)),
  )
  for (let index = 0; index < MESSAGES; index++) {
    const data = randomFillSync(new Uint8Array(sizeBytes))
    new DataView(data.buffer).setFloat64(0, performance.now())
    await nodes[index % NODES]?.publish('status', data)
    await pause(PAUSE_MS * Math.ceil(sizeBytes / 10_240))
  }
  await until(() => latenciesMs.length >= MESSAGES * (NODES - 1), 5_000).catch(() => undefined)
  await Promise.all(nodes.map((node) => node.stop()))
  latenciesMs.sort((a, b) => a - b)
  const name = `network/gossip/transport=quic/nodes=${NODES}/bytes=${sizeBytes}`
  const at = (quantile: number): number => latenciesMs[Math.floor(latenciesMs.length * quantile)] ?? Number.NaN
  return [
    { name: `${name}/p50`, value: at(0.5), unit: 'ms', reference },
    { name: `${name}/p99`, value: at(0.99), unit: 'ms', reference },
    {
      name: `${name}/delivered`,
      value: (100 * latenciesMs.length) / (MESSAGES * (NODES - 1)),
      unit: '%',
      reference: '100',
    },
  ]
}

async function startNodes(onMessage: (data: Uint8Array) => void): Promise<readonly Network[]> {
  const nodes: Network[] = []
  for (let index = 0; index < NODES; index++) {
    const node = await createTestNode({ peers: nodes.flatMap((other) => other.addresses()) })
    node.onTopic('status', (data) => {
      onMessage(data)
      return { verdict: 'accept' }
    })
    await node.start()
    nodes.push(node)
  }
  await until(() => nodes.every((node) => node.peers().filter((peer) => peer.gossiping).length === NODES - 1))
  // Two heartbeats: the mesh is formed.
  await pause(1_500)
  return nodes
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}

if (import.meta.main) {
  for (const row of await runGossipBench()) console.log(row.name, row.value.toFixed(2), row.unit, `(${row.reference})`)
}
