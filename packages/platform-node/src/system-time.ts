/** The platform's clock, timers and randomness behind their ports. */
import { randomBytes } from 'node:crypto'
import type { Clock, Random, Timers } from '@cairn/ports'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

export const systemTimers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

export const systemRandom: Random = {
  bytes: (lengthBytes) => new Uint8Array(randomBytes(lengthBytes)),
}
