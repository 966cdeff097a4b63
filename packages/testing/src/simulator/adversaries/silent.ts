/** Fault: closed tab. Says nothing, ever; each of its views costs a timeout. */
import type { Actor } from '../wire.ts'
import type { World } from '../world.ts'

export function createSilent(_world: World, slot: number): readonly Actor[] {
  return [{ slot, isHonest: false, start: () => undefined, receive: () => undefined }]
}
