/** In which order peers are asked. */
import type { PeerId, PeerSummary } from '@cairn/ports'

/** Servers answer always; another tab only in the serving role. */
export function serversFirst(peers: readonly PeerSummary[]): readonly PeerId[] {
  const isTab = ({ transport }: PeerSummary): number => Number(transport === 'webrtc' || transport === 'p2p-circuit')
  return peers.toSorted((a, b) => isTab(a) - isTab(b)).map(({ peerId }) => peerId)
}
