/** Fault: a broken encoder. What it sends and relays has bits flipped, ends missing or parts repeated. */
import type { SeededRandom } from '../random.ts'
import { decodeMessage, encodeMessage } from '../wire-codec.ts'
import type { Actor, WireMessage } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode, withBeside } from './faulty-node.ts'

const GARBLE_RATE = 0.2

export function createGarbler(world: World, slot: number, id: number): readonly Actor[] {
  const { network } = world
  const random = world.random.fork()
  /** What the receiver's decoders leave of it. */
  const sendGarbled = (to: number, message: WireMessage): boolean => {
    const bytes = random.chance(GARBLE_RATE) ? encodeMessage(message) : undefined
    if (bytes === undefined || to === id) return false
    const decoded = decodeMessage(message.type, garble(bytes, random))
    if (decoded !== undefined) network.send(id, to, decoded)
    return true
  }
  const node = createFaultyNode(world, slot, id, { onSend: sendGarbled })
  return withBeside(node, {
    react(message) {
      sendGarbled(random.below(world.actors.length), message)
    },
  })
}

function garble(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.below(bytes.length)
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Uint8Array.of(...bytes, ...bytes.subarray(at))
    default: {
      const garbled = bytes.slice()
      garbled[at] = (garbled[at] as number) ^ (1 << random.below(8))
      return garbled
    }
  }
}
