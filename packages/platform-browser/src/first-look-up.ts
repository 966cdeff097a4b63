/** Who embeds the node asks when it pleases: a question that comes before the node can read waits for that, and for so long. */
import type { Timers } from '@cairn/ports'
import { START_PATIENCE_MS } from './limits.ts'
import type { LookUp } from './proven-balance.ts'

export interface FirstLookUp {
  /** Balances can be asked for from now on; called again when there is a better way. */
  set(lookUp: LookUp): void
  /** The start has failed: nobody waits for it any longer. */
  giveUp(): void
  /** The newest; `undefined`: there is none, and none has come in time. */
  get(): Promise<LookUp | undefined>
}

export function createFirstLookUp(timers: Timers): FirstLookUp {
  let current: LookUp | undefined
  const ended = Promise.withResolvers<void>()
  return {
    set: (lookUp) => {
      current = lookUp
      ended.resolve()
    },
    giveUp: ended.resolve,
    get: async () => {
      if (current !== undefined) return current
      const late = Promise.withResolvers<void>()
      const timer = timers.after(START_PATIENCE_MS, late.resolve)
      await Promise.race([ended.promise, late.promise])
      timer.cancel()
      return current
    },
  }
}
