/** Keyed semaphores: at most `max` holders and `waitingMax` waiters per key, first come first served. */

export interface Slots {
  /** Resolves to the release function. Rejects with the signal's reason; `undefined` at once when the queue is full. */
  acquire(key: string, signal: AbortSignal): Promise<Release | undefined>
}

/** Gives the slot back; calling it twice does nothing. */
export type Release = () => void

interface Lane {
  held: number
  readonly waiting: (() => void)[]
}

export function createSlots(options: { readonly max: number; readonly waitingMax: number }): Slots {
  const lanes = new Map<string, Lane>()

  function releaseOf(key: string, lane: Lane): Release {
    let released = false
    return () => {
      if (released) return
      released = true
      const next = lane.waiting.shift()
      if (next !== undefined) return next()
      lane.held -= 1
      if (lane.held === 0) lanes.delete(key)
    }
  }

  function wait(key: string, lane: Lane, signal: AbortSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        lane.waiting.splice(lane.waiting.indexOf(onTurn), 1)
        reject(signal.reason)
      }
      // The holder's slot is handed over: `held` stays as it is.
      const onTurn = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve(releaseOf(key, lane))
      }
      lane.waiting.push(onTurn)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  return {
    async acquire(key, signal) {
      signal.throwIfAborted()
      const lane = lanes.get(key) ?? { held: 0, waiting: [] }
      if (lane.held < options.max) {
        lane.held += 1
        lanes.set(key, lane)
        return releaseOf(key, lane)
      }
      if (lane.waiting.length >= options.waitingMax) return undefined
      return wait(key, lane, signal)
    },
  }
}
