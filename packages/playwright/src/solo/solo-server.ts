/** Servers of a test that run in its own process: tabs dial them by WebSocket, and each is a relay for tabs. */
import { createNodeNetwork, generateIdentity, systemClock, systemRandom, systemTimers } from '@cairn/platform-node'
import type { Log, Metrics, Network, RequestProtocol } from '@cairn/ports'
import type { Hash } from '@cairn/primitives'
import { type Lie, type Manner, honest, lying } from './lies.ts'

export interface SoloServer {
  readonly peerId: string
  /** Multiaddr that a tab dials. */
  readonly address: string
  /** Answers given so far, by protocol. */
  answered(protocol: RequestProtocol): number
  /** Tabs and nodes that are connected with it. */
  peers(): number
  /** From now on it lies about this; `undefined`: it is honest again. */
  lieAbout(lie: Lie | undefined): void
  stop(): Promise<void>
}

/** Whom it takes; default: as production has it. */
export interface SoloSlots {
  readonly inboundMax?: number
  /** How long one may stay who has no slot. */
  readonly probationMs?: number
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent }
const noMetrics: Metrics = { count: () => {}, gauge: () => {}, observe: () => {} }

/** `serve` registers the answers; without it the server has nothing and is a relay only. `manner`: what becomes of them. */
export async function startSoloServer(
  genesisHash: Hash,
  serve?: (network: Network) => void,
  manner: Manner = honest,
  slots: SoloSlots = {},
): Promise<SoloServer> {
  const network = await createNodeNetwork(
    // No WebRTC-direct: tabs are to reach this one in one way.
    { genesisHash, identity: await generateIdentity(), peers: [], localNetwork: true, listen: { wsPort: 0 }, ...slots },
    { clock: systemClock, timers: systemTimers, random: systemRandom, log: silent, metrics: noMetrics },
  )
  const counts = new Map<RequestProtocol, number>()
  let current = manner
  serve?.({
    ...network,
    onRequest: (protocol, handler) =>
      network.onRequest(protocol, async (data, from) => {
        const answer = await handler(data, from)
        if (!(answer instanceof Uint8Array)) return answer
        counts.set(protocol, (counts.get(protocol) ?? 0) + 1)
        return current(protocol, answer)
      }),
  })
  await network.start()
  const address = network.addresses().find((one) => one.includes('/ws'))
  if (address === undefined) throw new Error('the server listens on no WebSocket')
  return {
    peerId: network.peerId,
    address,
    answered: (protocol) => counts.get(protocol) ?? 0,
    peers: () => network.peers().length,
    lieAbout: (lie) => (current = lie === undefined ? manner : lying(lie)),
    stop: () => network.stop(),
  }
}
