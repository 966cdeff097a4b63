/** Real libp2p nodes on loopback for the network tests: free ports, quick heartbeat, one clean-up. */
import { randomBytes } from 'node:crypto'
import { generateIdentity } from '@cairn/network'
import type { Clock, Log, Metrics, Network, Timers } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { createNodeNetwork } from '../src/network-node.ts'
import type { NodeNetworkOptions } from '../src/network-node.ts'

const GENESIS_HASH = `0x${'ab'.repeat(32)}` as Hash

const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }

const timers: Timers = {
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
}

const nothing = (): void => {}
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }
const metrics: Metrics = { count: nothing, gauge: nothing, observe: nothing }

/** A not yet started node; `setup` sets its handlers. */
export async function createTestNode(overrides: Partial<NodeNetworkOptions> = {}): Promise<Network> {
  return createNodeNetwork(
    {
      genesisHash: GENESIS_HASH,
      identity: overrides.identity ?? (await generateIdentity()),
      listen: { quicPort: 0 },
      peers: [],
      localNetwork: true,
      ...overrides,
    },
    { clock, timers, random: { bytes: (lengthBytes) => randomBytes(lengthBytes) }, log, metrics },
  )
}

/** Resolves when `condition` holds, looking again on every event-loop turn of the given network's peers. */
export async function until(condition: () => boolean, timeoutMs = 15_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error('condition not met in time')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
