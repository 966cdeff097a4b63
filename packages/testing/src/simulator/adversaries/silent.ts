/** Fault: closed tab. Says nothing, ever; each of its views costs a timeout. */
import type { Actor } from '../wire.ts'

export function createSilent(slot: number): Actor {
  return { slot, isHonest: false, start: () => undefined, receive: () => undefined }
}
