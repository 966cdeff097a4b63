/**
 * libp2p 3.3 notes in its peer store, with each stream that is opened or accepted, that the peer speaks the stream's protocol:
 * the peer's record is read, all its addresses are decoded and compared, and nothing has changed. That was a fifth of what a
 * light tab allocated. With this a protocol is noted once for each connection, and again now and then, since libp2p drops
 * records that are old.
 */
import type { Clock } from '@cairn/ports'
import type { Libp2pView, PeerIdView, PeerStoreView } from './libp2p-view.ts'
import { PROTOCOL_NOTED_MAX_AGE_MS } from './limits.ts'

/** Before the node is started. */
export function noteProtocolsOnce(libp2p: Pick<Libp2pView, 'peerStore' | 'addEventListener'>, clock: Clock): void {
  const { peerStore } = libp2p
  /** When each protocol of a connected peer was noted, monotonic. */
  const noted = new Map<string, Map<string, number>>()
  const { merge, patch, save, delete: remove } = bound(peerStore)
  const forget = (peer: PeerIdView): void => void noted.delete(peer.toString())

  peerStore.merge = async (peer, data, options) => {
    const { protocols = [], ...others } = data
    // Whoever merges more wants the record.
    if (Object.keys(others).length > 0) return merge(peer, data, options)
    const nowMs = clock.monotonicMs()
    const known = noted.get(peer.toString()) ?? new Map<string, number>()
    // A stream's opener does not look at the record.
    if (protocols.every((protocol) => nowMs - (known.get(protocol) ?? -Infinity) < PROTOCOL_NOTED_MAX_AGE_MS))
      return undefined
    // Beforehand: what is written after it, and makes it stale, is called after it.
    for (const protocol of protocols) known.set(protocol, nowMs)
    noted.set(peer.toString(), known)
    try {
      return await merge(peer, data, options)
    } catch (error) {
      forget(peer)
      throw error
    }
  }
  // The list of protocols may be another one now.
  peerStore.patch = (peer, data, options) => {
    forget(peer)
    return patch(peer, data, options)
  }
  peerStore.save = (peer, data, options) => {
    forget(peer)
    return save(peer, data, options)
  }
  peerStore.delete = (peer, options) => {
    forget(peer)
    return remove(peer, options)
  }
  libp2p.addEventListener('connection:close', ({ detail }) => forget(detail.remotePeer))
}

function bound(peerStore: PeerStoreView): PeerStoreView {
  return {
    merge: peerStore.merge.bind(peerStore),
    patch: peerStore.patch.bind(peerStore),
    save: peerStore.save.bind(peerStore),
    delete: peerStore.delete.bind(peerStore),
  }
}
