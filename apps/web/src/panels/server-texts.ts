/** What became of the dials to a server, in plain words. */
import type { TabSnapshot } from '@cairn/platform-browser'
import { formatTime } from '../format.ts'
import { nameOfTransport } from '../transport-names.ts'

type Server = TabSnapshot['servers'][number]
type Outcome = Server['failures'][number]

/** `inUse`: transport of its connection. `undefined`: nothing to tell. */
export function describeServer(
  { state, goodbye, retryAtMs, failures }: Server,
  inUse: string | undefined,
): string | undefined {
  const ways = failures.map(describeFailure).join('; ')
  if (inUse !== undefined) return ways === '' ? undefined : `${ways}; ${nameOfTransport(inUse)} in use.`
  if (state === 'spare') return undefined
  const why = goodbye === undefined ? ways : goodbyeTexts[goodbye]
  const next = retryAtMs === undefined ? '' : ` Asked again at ${formatTime(retryAtMs)}.`
  if (state === 'dialing') return why === '' ? 'Being dialled.' : `${why}. Being dialled again.`
  return `${why === '' ? 'Not connected' : why}.${next}`
}

function describeFailure({ transport, code, afterMs }: Outcome): string {
  const name = nameOfTransport(transport)
  const seconds = `${(afterMs / 1000).toFixed(1)} s`
  switch (code) {
    case 'OVERTAKEN':
      return `${name}: not connected within ${seconds}`
    case 'NO_ANSWER':
      return `${name}: no answer within ${seconds}, given up`
    case 'ICE_FAILED':
      return `${name}: ICE failed after ${seconds}`
    case 'REFUSED':
      return `${name}: closed by the server, or not to be opened, after ${seconds}`
    case 'CONNECTED':
      return name
  }
}

const goodbyeTexts: Readonly<Record<NonNullable<Server['goodbye']>, string>> = {
  LIMIT_REACHED: 'Server full: it keeps its places for validators',
  ADDRESS_LIMIT_REACHED: 'Server has enough connections from this address',
  PREFIX_LIMIT_REACHED: 'Server has enough connections from this neighbourhood of addresses',
  OTHER: 'Server does not want this connection now',
}
