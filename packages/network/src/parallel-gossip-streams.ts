/**
 * Gossipsub 17.1 opens its outbound streams one after the other, over all peers: one peer with four seconds of round
 * trip, or one that is gone and not yet noticed, keeps every other one waiting, up to ten seconds each. With this they
 * open side by side, at most one at a time per connection.
 */
import type { PubsubView } from './libp2p-view.ts'

/** Before gossipsub is started. */
export function openGossipStreamsInParallel(pubsub: PubsubView): void {
  const underWay = new Set<string>()
  const open = pubsub.createOutboundStream.bind(pubsub)
  // Returns at once: gossipsub's queue waits for this promise before it goes on to the next peer.
  pubsub.createOutboundStream = (peer, connection) => {
    // Not per peer: one on a dead connection must not keep the next connection waiting.
    const { id } = connection
    if (!underWay.has(id)) {
      underWay.add(id)
      // Its own errors it logs; the watch tries again.
      void open(peer, connection).finally(() => underWay.delete(id))
    }
    return Promise.resolve()
  }
}
