/** Fault: one key in two places. Two correct nodes that do not know of each other sign with the same key. */
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode } from './faulty-node.ts'

/** Two actors. */
export function createTwins(world: World, slot: number, firstId: number): readonly Actor[] {
  return [firstId, firstId + 1].map((id) => createFaultyNode(world, slot, id))
}
