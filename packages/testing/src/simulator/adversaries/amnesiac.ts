/** Fault: forgets. Restarts again and again without its log, so that it signs anew whatever it is asked for. */
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'
import { createFaultyNode } from './faulty-node.ts'

const LIFE_MIN_MS = 80
const LIFE_MAX_MS = 900

export function createAmnesiac(world: World, slot: number, id: number): readonly Actor[] {
  const random = world.random.fork()
  const node = createFaultyNode(world, slot, id)
  const forget = (): void => {
    node.crash(random.between(1, 20))
    node.disk.wipe()
    world.queue.after(random.between(LIFE_MIN_MS, LIFE_MAX_MS), forget)
  }
  return [
    {
      slot,
      isHonest: false,
      start() {
        node.start()
        world.queue.after(random.between(LIFE_MIN_MS, LIFE_MAX_MS), forget)
      },
      receive: (message, from) => node.receive(message, from),
    },
  ]
}
