/** Lets a bounded number of operations run at once and refuses the rest: back-pressure that callers can see. */
import { limitExceeded } from './json-rpc-error.ts'

export interface Gate {
  /** @throws JsonRpcError −32005 when `inFlightMax` are running */
  run<Value>(operation: () => Promise<Value>): Promise<Value>
}

/** `limit` is the name of the `RpcLimits` member, for the error. */
export function createGate(inFlightMax: number, limit: string): Gate {
  let inFlight = 0
  return {
    run: async (operation) => {
      if (inFlight >= inFlightMax)
        throw limitExceeded(limit, `too many requests of this kind in flight (${inFlightMax})`)
      inFlight++
      try {
        return await operation()
      } finally {
        inFlight--
      }
    },
  }
}
