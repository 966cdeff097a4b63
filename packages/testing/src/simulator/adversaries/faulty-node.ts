/** The honest code with a fault: most adversaries are this with something changed on the way out. */
import { decodeMessage, encodeMessage } from '../wire-codec.ts'
import type { Actor, WireMessage } from '../wire.ts'
import { createDisk } from '../node/disk.ts'
import { SimulatedNode } from '../node/simulated-node.ts'
import type { SimulatedNodeOptions } from '../node/node-options.ts'
import type { World } from '../world.ts'

type Fault = Pick<SimulatedNodeOptions, 'onEffect' | 'onSend'> & { readonly isVoting?: boolean }

export function createFaultyNode(world: World, slot: number, id: number, fault: Fault = {}): SimulatedNode {
  const disk = createDisk(world.chain.genesis, world.random.fork())
  return new SimulatedNode(world, { id, slot, isHonest: false, isVoting: true, disk, ...fault })
}

/** `begin` at its start, `hear` before the honest code takes a message, `react` when it has. */
interface Beside {
  readonly begin?: () => void
  readonly hear?: (message: WireMessage, from: number) => void
  readonly react?: (message: WireMessage, from: number) => void
}

/** A node, and what the adversary does beside its honest code. */
export function withBeside(node: SimulatedNode, { begin, hear, react }: Beside): readonly Actor[] {
  return [
    {
      slot: node.slot,
      isHonest: false,
      start() {
        node.start()
        begin?.()
      },
      receive(message, from) {
        hear?.(message, from)
        node.receive(message, from)
        react?.(message, from)
      },
    },
  ]
}

/** Sends what may be malformed as bytes: a real peer sees only what its decoders let through. */
export function sendEncoded(world: World, from: number, to: number, message: WireMessage): void {
  const bytes = encodeMessage(message)
  const arrived = bytes === undefined ? message : decodeMessage(message.type, bytes)
  if (arrived !== undefined) world.network.send(from, to, arrived)
}
