/** Own addresses that are worth telling. libp2p makes them anew at each question, at the cost of a quarter of what a light tab allocates. */
import type { Clock } from '@cairn/ports'
import type { Libp2pView } from './libp2p-view.ts'
import { OWN_ADDRESSES_MAX_AGE_MS } from './limits.ts'
import { usableAddresses } from './peer-addresses.ts'

/** A change that libp2p tells of is seen at once, any other one within `OWN_ADDRESSES_MAX_AGE_MS`. */
export function createOwnAddresses(
  libp2p: Pick<Libp2pView, 'peerId' | 'getMultiaddrs' | 'addEventListener'>,
  clock: Clock,
): () => readonly string[] {
  let known: { readonly addresses: readonly string[]; readonly untilMs: number } | undefined
  const forget = (): void => {
    known = undefined
  }
  for (const event of ['self:peer:update', 'transport:listening', 'transport:close'] as const) {
    libp2p.addEventListener(event, forget)
  }
  return () => {
    const nowMs = clock.monotonicMs()
    if (known === undefined || nowMs >= known.untilMs) {
      const addresses = libp2p.getMultiaddrs().map((address) => address.toString())
      known = {
        addresses: usableAddresses(addresses, libp2p.peerId.toString()),
        untilMs: nowMs + OWN_ADDRESSES_MAX_AGE_MS,
      }
    }
    return known.addresses
  }
}
