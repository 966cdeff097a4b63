/** Fault: one key in two places. Two correct nodes that do not know of each other sign with the same key. */
import { createDisk } from '../disk.ts'
import { SimulatedNode } from '../simulated-node.ts'
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'

/** Actors with ids `firstId` and `firstId + 1`. */
export function createTwins(world: World, slot: number, firstId: number): readonly Actor[] {
  return [firstId, firstId + 1].map(
    (id) =>
      new SimulatedNode(world, {
        id,
        slot,
        isHonest: false,
        isVoting: true,
        disk: createDisk(world.chain.genesis, world.random.fork()),
      }),
  )
}
