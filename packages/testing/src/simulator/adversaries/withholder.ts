/**
 * Fault: keeps things to itself. Shows its proposals to a few nodes only, never gives out a block, a certificate or
 * a range, and sends each vote to some.
 */
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode } from './faulty-node.ts'

export function createWithholder(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  /** Drawn anew for each view it leads: from hardly anybody to nearly all. */
  let share = 0.5
  let view = 0
  const node = createFaultyNode(world, slot, id, {
    onSend(_to, message) {
      switch (message.type) {
        case 'proposal':
          if (message.proposal.view !== view) {
            view = message.proposal.view
            share = random.next()
          }
          return !random.chance(share)
        case 'block':
        case 'no-block':
        case 'certificate':
        case 'certificates':
        case 'status':
        case 'range':
        case 'transaction':
          return true
        case 'vote':
          return random.chance(0.5)
        default:
          return false
      }
    },
  })
  return [node]
}
